import { defaultSessionData } from "./actions.mjs";

const TIMEOUTS_SECONDS = {
  idleTimeout: 86_400,
  absoluteTimeout: 2_592_000,
  clientLimit: 34_560_000,
};

/** A minimal `ctx.session`: it uses a store like `session()`, without a request or a response. */
export class StoredSession {
  #store;
  #scope;
  /** The token that the client holds. */
  #token;
  #loaded;
  #isLate;
  #isDestroyed = false;
  data;

  static async load(store, token) {
    const scope = { ctx: {}, cookieName: "session", ...TIMEOUTS_SECONDS };
    const loaded = token === undefined ? "unknown" : await store.load(token, scope);
    return new StoredSession(store, scope, token, loaded);
  }

  /** @param loaded - The session, or the reason why there is none. */
  constructor(store, scope, token, loaded) {
    this.#store = store;
    this.#scope = scope;
    this.#token = token;
    this.#loaded = typeof loaded === "string" ? null : loaded;
    this.#isLate = loaded === "moved";
    this.data = this.#loaded ? loaded.data : { ...defaultSessionData };
  }

  get isFresh() {
    return this.#loaded === null;
  }

  async regenerate() {
    this.#isLate = false;
    if (!this.#loaded) return;
    // No action of this app changes the data before it calls regenerate().
    this.#loaded = await this.#store.regenerate(this.#loaded, () => false, this.#scope);
  }

  async destroy() {
    const loaded = this.#loaded;
    const token = loaded?.value ?? this.#token;
    if (token !== undefined) await this.#store.destroy(token, loaded, this.#scope);
    this.#loaded = null;
    this.#isDestroyed = true;
    this.data = { ...defaultSessionData };
  }

  /**
   * Returns the new token of the client: `""` removes the token, and `undefined` means that the
   * client keeps its token.
   */
  async commit() {
    if (this.#isDestroyed) return "";
    if (this.#isLate) return undefined;
    const store = this.#store;
    const loaded = this.#loaded;
    const text = store.codec.serialize(this.data);
    const isChanged = text !== (loaded?.text ?? store.codec.serialize(defaultSessionData));
    if (!isChanged && !loaded?.outdated) {
      return loaded && loaded.value !== this.#token ? loaded.value : undefined;
    }
    const now = Math.floor(Date.now() / 1000);
    const expires = now + TIMEOUTS_SECONDS.idleTimeout;
    const next = { text, created: loaded?.created ?? now, expires };
    return (await store.save(loaded, next, this.#scope)).value;
  }
}
