import { defaultSessionData } from "./actions.mjs";

const IDLE_TIMEOUT_SECONDS = 86_400;
const ABSOLUTE_TIMEOUT_SECONDS = 2_592_000;

/** A minimal `ctx.session`: it uses a store like `session()`, without a request or a response. */
export class StoredSession {
  #store;
  #loaded;
  #scope;
  #decision = "save";
  data;

  static async load(store, token) {
    const scope = {
      ctx: {},
      cookieName: "session",
      absoluteTimeout: ABSOLUTE_TIMEOUT_SECONDS,
    };
    const loaded = token === undefined ? "unknown" : await store.load(token, scope);
    return new StoredSession(store, scope, typeof loaded === "string" ? null : loaded);
  }

  constructor(store, scope, loaded) {
    this.#store = store;
    this.#scope = scope;
    this.#loaded = loaded;
    this.data = loaded ? loaded.data : { ...defaultSessionData };
  }

  get isFresh() {
    return this.#loaded === null;
  }

  regenerate() {
    this.#decision = "regenerate";
  }

  destroy() {
    this.#decision = "destroy";
    this.data = { ...defaultSessionData };
  }

  /**
   * Returns the new token of the client: `""` removes the token, and `undefined` means that the
   * client keeps its token.
   */
  async commit() {
    const store = this.#store;
    const loaded = this.#loaded;
    if (this.#decision === "destroy") {
      if (loaded) await store.destroy(loaded, this.#scope);
      return "";
    }

    const text = store.codec.serialize(this.data);
    const isChanged = text !== (loaded ? loaded.text : store.codec.serialize(defaultSessionData));
    if (this.#decision === "save" && !isChanged && !loaded?.outdated) return undefined;

    const now = Math.floor(Date.now() / 1000);
    const next = { text, created: loaded?.created ?? now, expires: now + IDLE_TIMEOUT_SECONDS };
    const saved =
      loaded && this.#decision === "regenerate"
        ? await store.regenerate(loaded, next, this.#scope)
        : await store.save(loaded, next, this.#scope);
    return saved.value;
  }
}
