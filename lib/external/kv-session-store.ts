import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { assertOption } from "../option-checks.js";
import type { Awaitable } from "../platform/awaitable.js";
import { currentSecond } from "../records/expiry.js";
import type { SessionData } from "../session.js";
import { ExternalStore } from "./external-store.js";
import type { BackendCall, Insertion, Replacement } from "./backend-hooks.js";
import type { ExternalStoreOptions } from "./options.js";

/** The part of a Workers KV namespace that the store uses. */
export interface KvNamespace {
  /** Returns the value, or `null` if the key has none. */
  get(key: string): Promise<string | null>;
  /** Writes a value, which KV deletes after `expirationTtl` seconds. */
  put(key: string, value: string, options: { expirationTtl: number }): Promise<void>;
  /** Deletes the value. A missing key is not an error. */
  delete(key: string): Promise<void>;
  /** Returns a page of the keys with this prefix. Needed for the option `owner`. */
  list(options: { prefix: string; cursor?: string | undefined }): Promise<KvList>;
}

/** A page of the keys in a namespace. */
interface KvList {
  readonly keys: readonly { readonly name: string }[];
  readonly list_complete: boolean;
  /** Where the next page begins. */
  readonly cursor?: string;
}

/** The options of `KvSessionStore`. */
export interface KvSessionStoreOptions<
  Data extends object = SessionData,
> extends ExternalStoreOptions<Data> {
  /** Returns the KV namespace. A Worker can reach it only through the request's context. */
  getStore(ctx: RequestContext<any>): Awaitable<KvNamespace>;
}

/** The shortest time that KV accepts. The record itself holds the exact expiry. */
const MIN_TTL_SECONDS = 60;
/**
 * The longest pause before each new attempt: KV accepts one write a second for each key, and answers
 * 429 to more.
 */
const MAX_PAUSES_MS = [300, 500, 700];

/**
 * Keeps sessions in Cloudflare Workers KV, for sites that read much more than they write. KV is
 * eventually consistent, and cannot compare and write in one step.
 *
 * - For up to a minute, other locations may not see a change, a log-out or a `regenerate()`. If a
 *   request with the old ID writes there in that minute, even only a renewal, the session comes back
 *   for its whole lifetime.
 * - One of two changes at the same moment may be lost, and `update()` is not atomic.
 * - KV accepts one write a second for each key. A log-in that changes data after `regenerate()` writes
 *   the new record twice, so it can take a second longer.
 *
 * Where that matters, use Redis or Durable Objects (examples/durable-object-store.ts).
 *
 * @example
 * ```ts
 * const store = new KvSessionStore({ getStore: (ctx) => ctx.platform.env.SESSIONS });
 * app.use(session({ store }));
 * ```
 *
 * @remarks
 * With the option `owner`, each session has an entry of its own under `<owner>:<hash>`, which a log-in
 * and a renewal read and write. For a minute after its log-in, a session can be missing from the
 * `sessionsOf()` of other locations, and their `endSessionsOf()` can miss it. A session that
 * `endSessionsOf()` has ended can go on elsewhere, as after a log-out. Each session costs several calls
 * of KV, whose number is limited for each request.
 */
export class KvSessionStore<Data extends object = SessionData> extends ExternalStore<Data> {
  readonly #getStore: (ctx: RequestContext<any>) => Awaitable<KvNamespace>;

  constructor(options: KvSessionStoreOptions<Data>) {
    const { getStore, ...others } = Object(options) as KvSessionStoreOptions<Data>;
    const example = "a function that returns the namespace: (ctx) => ctx.platform.env.SESSIONS";
    assertOption("getStore", typeof getStore === "function", example);
    super(others);
    this.#getStore = getStore;
  }

  protected override get compares(): boolean {
    return false;
  }

  /** @internal */
  protected override get needsContext(): boolean {
    return true;
  }

  protected override async read(key: string, { ctx }: BackendCall): Promise<string | null> {
    return (await this.#getStore(ctx)).get(key);
  }

  protected override async create(
    key: string,
    { text, ttl }: Insertion,
    { ctx, signal }: BackendCall,
  ): Promise<boolean> {
    // It does not ask whether the key is taken: KV would cache for a minute that it was free.
    const store = await this.#getStore(ctx);
    await retry(signal, () => store.put(key, text, expirationOf(ttl)));
    return true;
  }

  protected override async update(
    key: string,
    { text, ttl, expected }: Replacement,
    { ctx, signal }: BackendCall,
  ): Promise<boolean> {
    const store = await this.#getStore(ctx);
    return retry(signal, async () => {
      // At each attempt: another request may have logged out between two attempts.
      if ((await store.get(key)) !== expected) return false;
      // After the timeout, a write would contradict the error that the request has got.
      signal.throwIfAborted();
      await store.put(key, text, expirationOf(ttl));
      return true;
    });
  }

  protected override async remove(key: string, { ctx, signal }: BackendCall): Promise<void> {
    const store = await this.#getStore(ctx);
    await retry(signal, () => store.delete(key));
  }

  protected override async link(
    owner: string,
    key: string,
    ttl: number,
    { ctx, signal }: BackendCall,
  ): Promise<void> {
    const store = await this.#getStore(ctx);
    const entry = this.#entryOf(owner, key);
    const expires = currentSecond() + ttl;
    await retry(signal, async () => {
      if (Number(await store.get(entry)) >= expires) return;
      await store.put(entry, String(expires), expirationOf(ttl));
    });
  }

  protected override unlink(owner: string, key: string, call: BackendCall): Promise<void> {
    return this.remove(this.#entryOf(owner, key), call);
  }

  protected override async linked(owner: string, { ctx, signal }: BackendCall): Promise<string[]> {
    const store = await this.#getStore(ctx);
    const prefix = this.#entryOf(owner, this.prefix);
    const keys: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await store.list({ prefix, cursor });
      for (const { name } of page.keys) keys.push(this.prefix + name.slice(prefix.length));
      if (page.list_complete) return keys;
      signal.throwIfAborted();
      ({ cursor } = page);
    }
  }

  /** The name of an entry in an owner's index. Its value is the second in which it ends. */
  #entryOf(owner: string, key: string): string {
    return `${owner}:${key.slice(this.prefix.length)}`;
  }
}

/** Repeats a write that KV refuses for its rate limit, which KV reports only in an error's text. */
async function retry<T>(signal: AbortSignal, write: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await write();
    } catch (error) {
      const maxPause = MAX_PAUSES_MS[attempt];
      if (maxPause === undefined || !String(error).includes("429")) throw error;
      const pause = maxPause * (0.7 + Math.random() * 0.3);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

function expirationOf(ttl: number): { expirationTtl: number } {
  return { expirationTtl: Math.max(MIN_TTL_SECONDS, ttl) };
}
