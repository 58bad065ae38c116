import { assertKnownOptions } from "../known-options.js";
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

export interface KvSessionStoreOptions extends ExternalStoreOptions {
  /** The namespace, which on Workers is known only from the request. */
  getStore(ctx: RequestContext<any>): Awaitable<KvNamespace>;
}

/** Seconds: the least that KV takes. The record itself holds the true expiry. */
const MIN_TTL = 60;
/** Milliseconds before each new attempt: KV takes one write a second and key, and answers 429 to more. */
const PAUSES = [300, 500, 700];

/**
 * Keeps sessions in Cloudflare Workers KV, which is eventually consistent and cannot compare.
 *
 * What that costs: for a minute, other locations may not see a change, a logout or a regenerate. A request there that comes with the old ID in
 * that minute still finds the session, and if it writes, be it a renewal, the session is back for its whole lifetime. Of two concurrent changes one
 * is lost, and `update()` is not atomic. Where that matters, take Redis or a Durable Object.
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
    // Whether the key is taken is not asked: KV would remember for a minute that it was free. The key is random.
    await this.#put(key, text, ttl, ctx);
    return true;
  }

  protected async update(
    key: string,
    text: string,
    ttl: number,
    _expected: string,
    ctx: RequestContext<any>,
  ): Promise<boolean> {
    if ((await this.read(key, ctx)) === null) return false;
    await this.#put(key, text, ttl, ctx);
    return true;
  }

  protected async remove(key: string, ctx: RequestContext<any>): Promise<void> {
    const store = await this.#getStore(ctx);
    await retried(() => store.delete(key));
  }

  async #put(key: string, text: string, ttl: number, ctx: RequestContext<any>): Promise<void> {
    const store = await this.#getStore(ctx);
    await retried(() => store.put(key, text, { expirationTtl: Math.max(MIN_TTL, ttl) }));
  }
}

/** KV tells its limits only in the text of an error. */
async function retried(write: () => Promise<void>): Promise<void> {
  for (const pause of PAUSES) {
    try {
      return await write();
    } catch (error) {
      if (!String(error).includes("429")) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause * (0.7 + Math.random() * 0.3)));
    }
  }
  return write();
}
