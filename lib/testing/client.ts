import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { session } from "../middleware/session.js";
import type { Session } from "../record.js";
import type { SessionStore, StoreScope } from "../store.js";

const URL_OF_REQUESTS = "https://example.com/";
/** Seconds: thirty days. */
const ABSOLUTE_TIMEOUT = 2_592_000;
const COOKIE_NAME = "session";

/** What a store sees of a request. */
export function contextWith(additions: object | undefined): RequestContext<any> {
  const context = {
    request: new Request(URL_OF_REQUESTS),
    url: new URL(URL_OF_REQUESTS),
    method: "GET",
    ip: "127.0.0.1",
    platform: {},
    locals: {},
    env: () => undefined,
    passThrough() {},
    waitUntil() {},
    next: async () => new Response(),
    handleError(error: unknown) {
      throw error;
    },
    ...additions,
  };
  return context as unknown as RequestContext<any>;
}

export function scopeOf(ctx: RequestContext<any>, cookieName: string = COOKIE_NAME): StoreScope {
  return { ctx, cookieName, absoluteTimeout: ABSOLUTE_TIMEOUT };
}

/**
 * Somebody who makes requests of an app and holds on to what it gives them, as a
 * browser or an API's client does.
 */
export class Client {
  /** The sealed cookie or the ID. */
  value: string | null = null;
  readonly #handle: ReturnType<typeof session>;
  readonly #additions: object | undefined;

  constructor(store: SessionStore, additions: object | undefined) {
    this.#additions = additions;
    this.#handle = session({
      store,
      defaultSessionData: {},
      getSessionId: () => this.value,
      setSessionId: (_ctx, _response, value) => (this.value = value),
    });
  }

  /** One request, answered by the handler. */
  async visit(handler: (session: VisitedSession) => unknown): Promise<void> {
    const ctx = contextWith(this.#additions);
    ctx.next = async () => {
      await handler(ctx.session);
      return new Response();
    };
    await this.#handle(ctx);
  }
}

/** Apps say what their data are; a contract does not care. */
export interface VisitedSession extends Session {
  data: Record<string, any>;
  update(change: (data: Record<string, any>) => void): Promise<void>;
}
