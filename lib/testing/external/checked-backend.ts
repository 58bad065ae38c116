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
  /** The store's option, in seconds. */
  readonly timeout: number;
  readonly #hooks: Backend;
  readonly #ctx: RequestContext<any>;
  readonly #used: Used;
  readonly #seconds: number;

  /** @param seconds - What one call may take. */
  constructor(store: ExternalStore, ctx: RequestContext<any>, used: Used, seconds: number) {
    const { prefix, timeout } = store as unknown as { prefix: string; timeout: number };
    this.prefix = prefix;
    this.timeout = timeout;
    this.#hooks = externalHooksOf(store);
    this.#ctx = ctx;
    this.#used = used;
    this.#seconds = seconds;
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
  newKey(): string {
    return this.prefix + generateSessionId();
  }

  newKeys(count: number): string[] {
    return Array.from({ length: count }, () => this.newKey());
  }

  /** An owner without entries, in the form that the hooks get. */
  newOwner(): string {
    return `${this.prefix}owner:${generateSessionId()}`;
  }

  async read(key: string): Promise<string | null> {
    const text: unknown = await this.#call("read", (call) => this.#hooks.read(key, call));
    if (text === null || typeof text === "string") return text;
    throw new Error(`read() returned ${show(text)}, which is neither a string nor null.`);
  }

  create(key: string, { text, ttl = HOUR_SECONDS }: WithOptionalTtl<Insertion>): Promise<boolean> {
    this.#used.keys.add(key);
    return this.#boolean("create", (call) => this.#hooks.create(key, { text, ttl }, call));
  }

  update(
    key: string,
    { text, ttl = HOUR_SECONDS, expected }: WithOptionalTtl<Replacement>,
  ): Promise<boolean> {
    this.#used.keys.add(key);
    return this.#boolean("update", (call) =>
      this.#hooks.update(key, { text, ttl, expected }, call),
    );
  }

  async remove(key: string): Promise<void> {
    await this.#call("remove", (call) => this.#hooks.remove(key, call));
  }

  async link(owner: string, key: string, ttl: number = HOUR_SECONDS): Promise<void> {
    this.#used.owners.add(owner);
    await this.#call("link", (call) => this.#hooks.link!(owner, key, ttl, call));
  }

  async unlink(owner: string, key: string): Promise<void> {
    await this.#call("unlink", (call) => this.#hooks.unlink!(owner, key, call));
  }

  async linked(owner: string): Promise<string[]> {
    const keys: unknown = await this.#call("linked", (call) => this.#hooks.linked!(owner, call));
    if (Array.isArray(keys) && keys.every((key) => typeof key === "string")) return keys;
    throw new Error(`linked() returned ${show(keys)}, which is no array of strings.`);
  }

  async #boolean(name: string, hook: (call: BackendCall) => Awaitable<unknown>): Promise<boolean> {
    const answer = await this.#call(name, hook);
    if (typeof answer === "boolean") return answer;
    throw new Error(`${name}() returned ${show(answer)}, which is neither true nor false.`);
  }

  /** The signal never aborts. Each call has its own, so that listeners do not accumulate on it. */
  #call<T>(name: string, hook: (call: BackendCall) => Awaitable<T>): Promise<T> {
    const call = { ctx: this.#ctx, signal: new AbortController().signal };
    return callHook(name, () => hook(call), this.#seconds);
  }
}
