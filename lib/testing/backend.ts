import type { ExternalStore } from "../external/external-store.js";
import { generateSessionId } from "../external/session-id.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import type { Awaitable } from "../platform/awaitable.js";
import { called, show } from "./contract.js";
import { externalHooksOf, type ExternalStoreHooks } from "./hooks.js";

/**
 * The hooks of one store, as the base class calls them: they must answer in time, and with
 * the type that they promise.
 */
export class Backend {
  readonly #hooks: ExternalStoreHooks;
  readonly #ctx: RequestContext<any>;
  /** Of all backends of one spec, to be removed after it. */
  readonly #keys: Set<string>;

  constructor(store: ExternalStore, ctx: RequestContext<any>, keys: Set<string>) {
    this.#hooks = externalHooksOf(store);
    this.#ctx = ctx;
    this.#keys = keys;
  }

  get compares(): boolean {
    return this.#hooks.compares;
  }

  /** A key that is free, of the form that stores get by default. */
  async newKey(prefix = "session:"): Promise<string> {
    return prefix + (await generateSessionId());
  }

  async read(key: string): Promise<string | null> {
    const text: unknown = await called("read", () => this.#hooks.read(key, this.#ctx));
    if (text === null || typeof text === "string") return text;
    throw new Error(`read() answered ${show(text)}, which is neither a string nor null.`);
  }

  create(key: string, text: string, ttl = 3600): Promise<boolean> {
    this.#keys.add(key);
    return decided("create", () => this.#hooks.create(key, text, ttl, this.#ctx));
  }

  update(key: string, text: string, ttl: number, expected: string): Promise<boolean> {
    this.#keys.add(key);
    return decided("update", () => this.#hooks.update(key, text, ttl, expected, this.#ctx));
  }

  async remove(key: string): Promise<void> {
    await called("remove", () => this.#hooks.remove(key, this.#ctx));
  }
}

async function decided(hook: string, call: () => Awaitable<unknown>): Promise<boolean> {
  const answer = await called(hook, call);
  if (typeof answer === "boolean") return answer;
  throw new Error(`${hook}() answered ${show(answer)}, which is neither true nor false.`);
}
