import { SessionError } from "../errors.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { session } from "../middleware/session.js";
import type { SessionScope, SessionStore } from "../records/store.js";
import type { Session } from "../session.js";
import { assertSame } from "./assertions.js";

const REQUEST_URL = "https://example.com/";
const TIMEOUTS = { idleTimeout: 86_400, absoluteTimeout: 30 * 86_400, clientLimit: Infinity };
const COOKIE_NAME = "session";

/** The context of a request, with the additions of the contract's option `ctx`. */
export function contextWith(additions: object | undefined): RequestContext<any> {
  const context = {
    request: new Request(REQUEST_URL),
    url: new URL(REQUEST_URL),
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

export function scopeOf(ctx: RequestContext<any>): SessionScope {
  return { ctx, cookieName: COOKIE_NAME, ...TIMEOUTS };
}

/** A client of an app: it keeps the ID or the sealed value, and sends it with every request. */
export class Client {
  /** The ID or the sealed value. */
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

  /** One request, which the handler answers. */
  async visit(handler: (session: VisitedSession) => unknown): Promise<void> {
    const ctx = contextWith(this.#additions);
    ctx.next = async () => {
      await handler(ctx.session);
      return new Response();
    };
    await this.#handle(ctx);
  }
}

/** The code of the error with which a visit of the client fails; `none` if it does not. */
export async function errorCodeOf(visit: Promise<void>): Promise<string> {
  try {
    await visit;
    return "none";
  } catch (error) {
    if (error instanceof SessionError) return error.code;
    throw error;
  }
}

/** A session with data of any type: every app declares its own. */
export interface VisitedSession extends Session {
  data: Record<string, any>;
  update(change: (data: Record<string, any>) => void): Promise<void>;
}

/**
 * Checks that three requests share one session, and that a fourth request can destroy it.
 *
 * @returns What the client held before the session was destroyed.
 */
export async function destroyAfterThreeVisits(client: Client): Promise<string | null> {
  const counts: unknown[] = [];
  for (let visit = 1; visit <= 3; visit++) {
    await client.visit(({ data }) => counts.push((data["visits"] = (data["visits"] ?? 0) + 1)));
  }
  assertSame("The count of visits", counts.join(), "1,2,3");
  const { value } = client;
  await client.visit((visited) => visited.destroy());
  assertSame("What the client holds after destroy()", client.value, null);
  return value;
}
