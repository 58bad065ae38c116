import type { RequestContext } from "../hattip.mjs" with {
  "resolution-mode": "import",
};
import { SessionError } from "../errors.js";
import { isPromise } from "../platform/awaitable.js";
import type { SessionScope } from "../records/store.js";
import type { Session, SessionData } from "../session.js";
import { commit } from "./commit.js";
import { load } from "./load.js";
import { resolveOptions, type ResolvedOptions, type SessionOptions } from "./options.js";
import type { CommitPlan } from "./plan.js";
import { RequestSession, type Passing } from "./request-session.js";
import { canChangeHeaders } from "./response-headers.js";

const SESSION_REPLACED =
  "A handler replaced ctx.session, so its changes would be lost. Assign to ctx.session.data instead.";

const NOT_SERVED =
  "This session() has not run for this request. Pass it to app.use() before the handlers that call of(ctx), and give of() their context.";

/**
 * Under this key, the context of a request has the `session()` that came last. `ctx.session` would not
 * do: an inner `session()` puts the outer session back, and the other of this package's two builds
 * has a class of its own. (A WeakMap made a request five percent slower.)
 */
const NEWEST: unique symbol = Symbol("the newest session");

/** A `session()` that serves, or has served, a request. */
interface Serving {
  readonly options: ResolvedOptions;
  readonly session: RequestSession;
  readonly earlier: Serving | undefined;
}

interface Served {
  [NEWEST]?: Serving | undefined;
}

/** What `session()` returns: a handler for `app.use()`. */
export interface SessionMiddleware<Data extends object = SessionData> {
  (ctx: RequestContext): Promise<Response>;
  /**
   * Returns the session of this middleware for a request. An app may use several `session()`, with
   * different cookie names: `ctx.session` is the innermost one.
   *
   * @example
   * ```ts
   * const login = session<{ userId?: string }>({ store, cookieName: "login" });
   * app.use(login);
   * app.get("/", (ctx) => text(`Hello ${login.of(ctx).data.userId}`));
   * ```
   *
   * @param ctx - The context that the handlers of the request get.
   * @throws {SessionError} `ERR_SESSION_USAGE` if the middleware has not run for the request.
   */
  of(ctx: { readonly request: Request }): Session<Data>;
}

/**
 * Makes the middleware, which provides `ctx.session` to the handlers after it, and saves their
 * changes before the response is sent.
 *
 * It needs `cookie()` from `@hattip/cookie` before it, or the option `getSessionId`.
 *
 * @example
 * ```ts
 * const store = new EncryptedCookieStore([process.env.SESSION_KEY!]);
 * app.use(cookie());
 * app.use(session({ store, defaultSessionData: { visits: 0 } }));
 * app.get("/", (ctx) => text(`Visit ${++ctx.session.data.visits}`));
 * ```
 *
 * @returns a handler for `app.use()`.
 * @throws {TypeError} for an option that is wrong or unknown.
 */
export function session<Data extends object = SessionData>(
  options: SessionOptions<Data>,
): SessionMiddleware<Data> {
  const resolved = resolveOptions(options);
  const { cookie, binder, idleTimeout, absoluteTimeout, clientLimit } = resolved;
  const constant = { cookieName: cookie.name, binder, idleTimeout, absoluteTimeout, clientLimit };

  function sessionMiddleware(ctx: RequestContext): Promise<Response> {
    return serve(resolved, { ...constant, ctx });
  }
  function of(ctx: object): Session<Data> {
    let serving = (Object(ctx) as Served)[NEWEST];
    while (serving && serving.options !== resolved) serving = serving.earlier;
    if (serving) return serving.session as unknown as Session<Data>;
    throw new SessionError("ERR_SESSION_USAGE", NOT_SERVED);
  }
  return Object.assign(sessionMiddleware, { of });
}

async function serve(options: ResolvedOptions, scope: SessionScope): Promise<Response> {
  const { ctx, cookieName } = scope;
  const outer: unknown = ctx.session;
  try {
    if (options.binder?.isForBrowser(ctx.request)) return await options.binder.answer(scope);
    const served = ctx as Served;
    assertNameIsFree(served, cookieName);
    const passing = watchPassThrough(ctx);
    const loading = load(options, scope);
    const initial = isPromise(loading) ? await loading : loading;
    if (initial.response) return initial.response;
    const current = new RequestSession(options, scope, initial, passing);
    ctx.session = current;
    served[NEWEST] = { options, session: current, earlier: served[NEWEST] };
    let plan: CommitPlan | undefined;
    try {
      const response = await ctx.next();
      if (current.hasActions) await current.untilIdle();
      // An error that compose() turned into a response is judged by the status of that response.
      const succeeded = response.status < 500;
      if (succeeded && ctx.session !== current) {
        throw new SessionError("ERR_SESSION_USAGE", SESSION_REPLACED);
      }
      const isDropped = passing.isPassedOn && isNotFoundByCompose(response);
      plan = current.close(succeeded, canChangeHeaders(response), isDropped);
      const committed = commit(options, scope, plan, response, current.isUsed);
      return isPromise(committed) ? await committed : committed;
    } catch (error) {
      return await commitFailed(options, scope, current, plan, error);
    }
  } finally {
    // The outer session, even if another build of this package has put it there.
    if (outer !== undefined) ctx.session = outer as Session;
    release(options, ctx);
  }
}

/** @throws {SessionError} `ERR_SESSION_USAGE` if another `session()` has the name, and is not over. */
function assertNameIsFree(served: Served, name: string): void {
  for (let serving = served[NEWEST]; serving; serving = serving.earlier) {
    if (serving.session.isClosed || serving.options.cookie.name !== name) continue;
    throw new SessionError(
      "ERR_SESSION_USAGE",
      `session() is used twice with the cookieName ${name}. Remove one, or give it another cookieName.`,
    );
  }
}

/**
 * Notes whether a handler passes the request on: in Express, for example, another handler answers
 * it then, and the response that is made here is dropped.
 */
function watchPassThrough(ctx: RequestContext): Passing {
  const { passThrough } = ctx;
  const passing = { isPassedOn: false };
  if (passThrough as unknown) {
    try {
      ctx.passThrough = () => {
        passing.isPassedOn = true;
        return passThrough.call(ctx);
      };
    } catch {
      // An adapter may have made passThrough read-only. Then the response counts as delivered.
    }
  }
  return passing;
}

/**
 * compose() answers "Not found" as plain text when it passes a request on. Any other response shows
 * that this app answers, with a page of its own perhaps.
 */
function isNotFoundByCompose({ status, headers }: Response): boolean {
  const type = headers.get("content-type") ?? "text/plain";
  return status === 404 && type.startsWith("text/plain");
}

/**
 * An error reached session(): compose() did not turn it into a response, or session() itself threw
 * it. What destroy() and regenerate() have done, the client learns from the response that the app's
 * error handler makes, if it makes one.
 */
async function commitFailed(
  options: ResolvedOptions,
  scope: SessionScope,
  current: RequestSession,
  failedPlan: CommitPlan | undefined,
  error: unknown,
): Promise<Response> {
  const { ctx }: { ctx: Partial<RequestContext> } = scope;
  let response: Response | undefined;
  let plan: CommitPlan;
  try {
    response = await ctx.handleError?.(error);
  } finally {
    // The app must see the first error.
    await current.untilIdle().catch(() => {});
    plan = failedPlan ? { ...failedPlan, write: null } : current.close(false, false, false);
  }
  if (!response) throw error;
  return commit(options, scope, plan, response, current.isUsed);
}

/**
 * Calls the store's `release` hook. The response does not wait for the hook. On Workers, which stop
 * a request after its response, `waitUntil` keeps the request alive for the hook.
 */
function release({ store }: ResolvedOptions, ctx: RequestContext): void {
  try {
    const released = store.release?.(ctx);
    if (isPromise(released)) ctx.waitUntil(Promise.resolve(released).catch(() => {}));
  } catch {
    // Ignored, as documented.
  }
}
