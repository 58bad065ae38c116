import type { ExternalStore } from "../../external/external-store.js";
import type { Backend, BackendCall, Insertion, Replacement } from "../../external/backend-hooks.js";
import { generateSessionId } from "../../external/session-id.js";
import type { RequestContext } from "../../hattip.mjs" with { "resolution-mode": "import" };
import type { Awaitable } from "../../platform/awaitable.js";
import { show } from "../assertions.js";
import { callHook, externalHooksOf } from "../hooks.js";

const HOUR_SECONDS = 3600;

/** The `ttl` is an hour if the spec does not depend on it. */
type WithOptionalTtl<T extends Insertion> = Omit<T, "ttl"> & Partial<Pick<T, "ttl">>;

/**
 * Calls the hooks of one store. A hook that throws, that hangs or that returns a value of a wrong
 * type fails the spec.
 */
export class CheckedBackend {
  readonly #hooks: Backend;
  readonly #ctx: RequestContext<any>;
  readonly #usedKeys: Set<string>;

  /** @param usedKeys - Collects the keys that must be removed after the spec. */
  constructor(store: ExternalStore, ctx: RequestContext<any>, usedKeys: Set<string>) {
    this.#hooks = externalHooksOf(store);
    this.#ctx = ctx;
    this.#usedKeys = usedKeys;
  }

  get compares(): boolean {
    return this.#hooks.compares;
  }

  /** A key that is free, and that has the form of a real key. */
  async newKey(prefix = "session:"): Promise<string> {
    return prefix + generateSessionId();
  }

  async read(key: string): Promise<string | null> {
    const text: unknown = await callHook("read", () => this.#hooks.read(key, this.#newCall()));
    if (text === null || typeof text === "string") return text;
    throw new Error(`read() returned ${show(text)}, which is neither a string nor null.`);
  }

  create(key: string, { text, ttl = HOUR_SECONDS }: WithOptionalTtl<Insertion>): Promise<boolean> {
    this.#usedKeys.add(key);
    return booleanOf("create", () => this.#hooks.create(key, { text, ttl }, this.#newCall()));
  }

  update(
    key: string,
    { text, ttl = HOUR_SECONDS, expected }: WithOptionalTtl<Replacement>,
  ): Promise<boolean> {
    this.#usedKeys.add(key);
    return booleanOf("update", () =>
      this.#hooks.update(key, { text, ttl, expected }, this.#newCall()),
    );
  }

  async remove(key: string): Promise<void> {
    await callHook("remove", () => this.#hooks.remove(key, this.#newCall()));
  }

  /** The signal never aborts. Each call has its own, so that listeners do not accumulate on it. */
  #newCall(): BackendCall {
    return { ctx: this.#ctx, signal: new AbortController().signal };
  }
}

async function booleanOf(name: string, hook: () => Awaitable<unknown>): Promise<boolean> {
  const answer = await callHook(name, hook);
  if (typeof answer === "boolean") return answer;
  throw new Error(`${name}() returned ${show(answer)}, which is neither true nor false.`);
}
