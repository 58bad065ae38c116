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

/** What the hooks have written, and what must be removed after the spec. */
export interface Used {
  readonly keys: Set<string>;
  /** Owners that have, or had, entries. */
  readonly owners: Set<string>;
}

/**
 * Calls the hooks of one store. A hook that throws, that hangs or that returns a value of a wrong
 * type fails the spec.
 */
export class CheckedBackend {
  /** The store's option. Real keys begin with it, and a hook may rely on that. */
  readonly prefix: string;
  readonly #hooks: Backend;
  readonly #ctx: RequestContext<any>;
  readonly #used: Used;

  constructor(store: ExternalStore, ctx: RequestContext<any>, used: Used) {
    this.prefix = (store as unknown as { prefix: string }).prefix;
    this.#hooks = externalHooksOf(store);
    this.#ctx = ctx;
    this.#used = used;
  }

  /** Those of the hooks for the option `owner` that the store has. */
  get indexHooks(): string[] {
    const names = ["link", "unlink", "linked"] as const;
    return names.filter((name) => typeof this.#hooks[name] === "function");
  }

  /** Whether the store has all hooks for the option `owner`. */
  get hasIndex(): boolean {
    return this.indexHooks.length === 3;
  }

  get compares(): boolean {
    return this.#hooks.compares;
  }

  /** A key that is free, and that has the form of a real key. */
  async newKey(prefix: string = this.prefix): Promise<string> {
    return prefix + generateSessionId();
  }

  /** An owner without entries, in the form that the hooks get. */
  newOwner(): string {
    return `${this.prefix}owner:${generateSessionId()}`;
  }

  async read(key: string): Promise<string | null> {
    const text: unknown = await callHook("read", () => this.#hooks.read(key, this.#newCall()));
    if (text === null || typeof text === "string") return text;
    throw new Error(`read() returned ${show(text)}, which is neither a string nor null.`);
  }

  create(key: string, { text, ttl = HOUR_SECONDS }: WithOptionalTtl<Insertion>): Promise<boolean> {
    this.#used.keys.add(key);
    return booleanOf("create", () => this.#hooks.create(key, { text, ttl }, this.#newCall()));
  }

  update(
    key: string,
    { text, ttl = HOUR_SECONDS, expected }: WithOptionalTtl<Replacement>,
  ): Promise<boolean> {
    this.#used.keys.add(key);
    return booleanOf("update", () =>
      this.#hooks.update(key, { text, ttl, expected }, this.#newCall()),
    );
  }

  async remove(key: string): Promise<void> {
    await callHook("remove", () => this.#hooks.remove(key, this.#newCall()));
  }

  async link(owner: string, key: string, ttl: number = HOUR_SECONDS): Promise<void> {
    this.#used.owners.add(owner);
    await callHook("link", () => this.#hooks.link!(owner, key, ttl, this.#newCall()));
  }

  async unlink(owner: string, key: string): Promise<void> {
    await callHook("unlink", () => this.#hooks.unlink!(owner, key, this.#newCall()));
  }

  async linked(owner: string): Promise<string[]> {
    const keys: unknown = await callHook("linked", () =>
      this.#hooks.linked!(owner, this.#newCall()),
    );
    if (Array.isArray(keys) && keys.every((key) => typeof key === "string")) return keys;
    throw new Error(`linked() returned ${show(keys)}, which is no array of strings.`);
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
