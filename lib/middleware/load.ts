import { SessionError, toSessionError } from "../errors.js";
import { reportFailure } from "../events.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { isPromise } from "../platform/awaitable.js";
import type { LoadedSession, RejectionReason, SessionScope } from "../records/store.js";
import type { SessionData } from "../session.js";
import type { ResolvedOptions } from "./options.js";

/** The session of a request before its handlers run. */
export interface InitialState {
  /** Whether the client sent an ID or a sealed value. */
  readonly isSent: boolean;
  /** `null` for a fresh session. */
  readonly loaded: LoadedSession | null;
  readonly data: SessionData;
  /** The error of the store, which is thrown when a handler uses the session. */
  readonly failure?: unknown;
}

/** Loads the session of a request, or begins a fresh one. */
export async function load(options: ResolvedOptions, scope: SessionScope): Promise<InitialState> {
  const { store, cookie, defaults, getSessionId, emit } = options;
  const { ctx } = scope;
  const value: unknown = getSessionId ? await getSessionId(ctx) : cookieOf(ctx, cookie.name);
  const isSent = Boolean(value);
  if (isSent) {
    let found: LoadedSession | RejectionReason = "malformed";
    try {
      // getSessionId may return anything, such as a number from a parsed body. A cookie over the
      // limit of browsers was not set by this package, and could not be reissued.
      if (typeof value === "string" && (getSessionId || cookie.fits(value))) {
        const loading = store.load(value, scope);
        // Reading a sealed cookie is synchronous with node:crypto: an await would cost more than
        // the decryption.
        found = isPromise(loading) ? await loading : loading;
      }
    } catch (error) {
      // The error waits for a handler that uses the session: others work while the store is down.
      const failure = toSessionError(error);
      reportFailure(emit, failure, ctx);
      return { isSent, loaded: null, data: {}, failure };
    }
    if (typeof found !== "string") return { isSent, loaded: found, data: found.data };
    emit?.({ type: "fresh", reason: found }, ctx);
  }
  return { isSent, loaded: null, data: await defaults.make(ctx) };
}

function cookieOf(ctx: RequestContext, name: string): string | undefined {
  if (ctx.cookie) return ctx.cookie[name];
  throw new SessionError(
    "ERR_SESSION_USAGE",
    "session() found no ctx.cookie. Add app.use(cookie()) from @hattip/cookie before it, or pass the option getSessionId.",
  );
}
