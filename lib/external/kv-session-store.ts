import { assertKnownOptions } from "../option-checks.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import type { Awaitable } from "../platform/awaitable.js";
import { EXTERNAL_STORE_OPTIONS, type ExternalStoreOptions } from "./external-store-options.js";
import { ExternalStore } from "./external-store.js";

/** What is used of a Workers KV namespace. */
export interface KvNamespace {
  get(key: string): Promise<string | null>;
  put(key: string, value: string, options: { expirationTtl: number }): Promise<void>;
  delete(key: string): Promise<void>;
}

/** The options of `KvSessionStore`. */
export interface KvSessionStoreOptions extends ExternalStoreOptions {
  /** The namespace, which on Workers is known only from the request. */
  getStore(ctx: RequestContext<any>): Awaitable<KvNamespace>;
}

/** Seconds: the least that KV takes. The record itself holds the true expiry. */
const MIN_TTL = 60;
/**
 * At most so many milliseconds before each new attempt: KV takes one write a second and
 * key, and answers 429 to more.
 */
const PAUSES = [300, 500, 700];

/**
 * Keeps sessions in Cloudflare Workers KV, which is eventually consistent and cannot compare.
 *
 * What that costs: for up to a minute, other locations may not see a change, a logout or a
 * `regenerate()`. If a request with the old ID writes there in that minute, even just a renewal,
 * the session comes back for its whole lifetime. Of two concurrent changes one is lost, and
 * `update()` is not atomic. Where that matters, take Redis, or write a store for a Durable Object.
 *
 * @example
 * ```ts
 * const store = new KvSessionStore({ getStore: (ctx) => ctx.platform.env.SESSIONS });
 * ```
 */
export class KvSessionStore extends ExternalStore {
  readonly #getStore: (ctx: RequestContext<any>) => Awaitable<KvNamespace>;

  constructor(options: KvSessionStoreOptions) {
    super(options);
    assertKnownOptions("KvSessionStore", options, ["getStore", ...EXTERNAL_STORE_OPTIONS]);
    if (typeof options.getStore !== "function") {
      throw new TypeError(
        "The option getStore must be a function that returns the KV namespace: (ctx) => ctx.platform.env.SESSIONS.",
      );
    }
    this.#getStore = options.getStore;
  }

  protected override get compares(): boolean {
    return false;
  }

  protected async read(key: string, ctx: RequestContext<any>): Promise<string | null> {
    return (await this.#getStore(ctx)).get(key);
  }

  protected async create(
    key: string,
    text: string,
    ttl: number,
    ctx: RequestContext<any>,
  ): Promise<boolean> {
    // Whether the key is taken is not asked: KV would remember for a minute that it
    // was free. The key is random.
    const deadline = this.#deadline();
    const store = await this.#getStore(ctx);
    await retried(deadline, () => store.put(key, text, timeToLive(ttl)));
    return true;
  }

  protected async update(
    key: string,
    text: string,
    ttl: number,
    _expected: string,
    ctx: RequestContext<any>,
  ): Promise<boolean> {
    const deadline = this.#deadline();
    const store = await this.#getStore(ctx);
    return retried(deadline, async () => {
      // Each time anew: a logout may have come between two attempts.
      if ((await store.get(key)) === null) return false;
      assertInTime(deadline);
      await store.put(key, text, timeToLive(ttl));
      return true;
    });
  }

  protected async remove(key: string, ctx: RequestContext<any>): Promise<void> {
    const deadline = this.#deadline();
    const store = await this.#getStore(ctx);
    await retried(deadline, () => store.delete(key));
  }

  /**
   * Milliseconds of `performance.now()`, from when on nobody waits any more: what is
   * written after that is a surprise.
   */
  #deadline(): number {
    return performance.now() + this.timeout * 1000;
  }
}

function assertInTime(deadline: number): void {
  if (performance.now() >= deadline) throw new Error("KV took too long.");
}

/** KV tells its limits only in the text of an error. */
async function retried<T>(deadline: number, write: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    assertInTime(deadline);
    try {
      return await write();
    } catch (error) {
      const wait = (PAUSES[attempt] ?? Infinity) * (0.7 + Math.random() * 0.3);
      if (!String(error).includes("429") || performance.now() + wait >= deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

function timeToLive(ttl: number): { expirationTtl: number } {
  return { expirationTtl: Math.max(MIN_TTL, ttl) };
}
