import { SessionError } from "../errors.js";
import type { RequestContext, RequestHandler } from "../hattip.mjs" with {
  "resolution-mode": "import",
};
import { isPromise, type Awaitable } from "../platform/awaitable.js";
import type { StoreScope } from "../store.js";
import { commit } from "./commit.js";
import { watchErrors } from "./error-watch.js";
import { settle, type SessionOptions, type Settings } from "./options.js";
import { RequestSession, type InitialState } from "./request-session.js";
import { isChangeable, varyByCookie, withHeaders } from "./response.js";

/**
 * The middleware: puts `ctx.session` there for the handlers behind it, and saves what they have changed before the response leaves.
 *
 * It needs `cookie()` from `@hattip/cookie` before it, or `getSessionId`.
 *
 * @throws {TypeError} for options that cannot work.
 *
 * @example
 * ```ts
 * app.use(cookie());
 * app.use(session({ store: new SignedCookieStore(keys), defaultSessionData: { visits: 0 } }));
 * app.get("/", (ctx) => text(`Visit ${++ctx.session.data.visits}`));
 * ```
 */
export function session(options: SessionOptions): RequestHandler {
  const settings = settle(options);
  const { cookie, absoluteTimeout } = settings;

  return async function sessionMiddleware(ctx) {
    const outer = ctx.session as RequestSession | undefined;
    outer?.assertNotNamed(cookie.name);
    const scope = { ctx, cookieName: cookie.name, absoluteTimeout };
    const value = await readValue(settings, ctx);
    const current = new RequestSession(settings, scope, await load(settings, scope, value), outer);
    ctx.session = current;
    const errors = watchErrors(ctx);
    try {
      const response = await ctx.next();
      if (current.updates) await current.updates;
      const succeeded = !errors.seen && response.status < 500;
      if (succeeded) assertNotReplaced(ctx, current);
      const finished = finish(settings, scope, current, response, succeeded);
      return isPromise(finished) ? await finished : finished;
    } catch (error) {
      // Without compose() around it, a handler's error arrives here; its destroy() and regenerate() are honoured all the same.
      if (!current.isDecided) await finish(settings, scope, current, new Response(), false);
      throw error;
    } finally {
      errors.stop();
      if (outer) ctx.session = outer;
    }
  };
}

/** What the client sent, if anything. */
function readValue(
  { cookie, getSessionId }: Settings,
  ctx: RequestContext,
): Awaitable<string | null | undefined> {
  if (getSessionId) return getSessionId(ctx);
  if (ctx.cookie) return ctx.cookie[cookie.name];
  throw new TypeError(
    "session() finds no ctx.cookie. Put app.use(cookie()) from @hattip/cookie before it, or give it the option getSessionId.",
  );
}

/** A failure is kept for whoever looks at the session: routes that do not must work while the store is down. */
async function load(
  { store, defaults, emit }: Settings,
  scope: StoreScope,
  value: string | null | undefined,
): Promise<InitialState> {
  const isSent = Boolean(value);
  if (value) {
    try {
      const found = await store.load(value, scope);
      if (typeof found !== "string") return { isSent, loaded: found, data: found.data };
      emit({ type: "fresh", reason: found }, scope.ctx);
    } catch (failure) {
      const code = failure instanceof SessionError ? failure.code : "ERR_SESSION_STORE";
      emit({ type: "store-failed", code }, scope.ctx);
      return { isSent, loaded: null, data: {}, failure };
    }
  }
  return { isSent, loaded: null, data: await defaults.make(scope.ctx) };
}

/** A request that changed nothing ends here. */
function finish(
  settings: Settings,
  scope: StoreScope,
  current: RequestSession,
  response: Response,
  succeeded: boolean,
): Awaitable<Response> {
  const decision = current.decide(succeeded);
  const varies = current.isLookedAt && settings.getSessionId === undefined;
  if (decision) return commit(settings, scope, decision, response, varies);
  return varies && isChangeable(response) ? withHeaders(response, varyByCookie) : response;
}

function assertNotReplaced(ctx: RequestContext, current: RequestSession): void {
  if (ctx.session === current) return;
  throw new TypeError(
    "A handler has replaced ctx.session, so that its changes would be lost. Replace ctx.session.data instead.",
  );
}
