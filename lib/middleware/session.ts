import type { RequestContext, RequestHandler } from "../hattip.mjs" with {
  "resolution-mode": "import",
};
import { isTooLarge } from "../errors.js";
import { isPromise, type Awaitable } from "../platform/awaitable.js";
import type { Session } from "../record.js";
import type { SessionStore, StoreScope } from "../store.js";
import { commit } from "./commit.js";
import type { Decision } from "./decision.js";
import { load } from "./load.js";
import { resolveOptions, type SessionOptions, type Settings } from "./options.js";
import { RequestSession } from "./request-session.js";
import { isChangeable, varyByCookie, withHeaders } from "./response.js";

/**
 * The middleware: provides `ctx.session` to the handlers after it, and saves what they have changed
 * before the response leaves.
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
  const settings = resolveOptions(options);
  const { store, cookie, absoluteTimeout } = settings;

  return function sessionMiddleware(ctx) {
    const scope = { ctx, cookieName: cookie.name, absoluteTimeout };
    const served = serve(settings, scope);
    return store.release ? served.finally(() => release(store, scope)) : served;
  };
}

async function serve(settings: Settings, scope: StoreScope): Promise<Response> {
  const { ctx, cookieName } = scope;
  const outer: unknown = ctx.session;
  if (outer instanceof RequestSession) outer.assertNotNamed(cookieName);
  const loading = load(settings, scope);
  const state = isPromise(loading) ? await loading : loading;
  const current = new RequestSession(settings, scope, state, outer);
  ctx.session = current;
  try {
    const response = await ctx.next();
    if (current.isBusy) await current.untilIdle();
    const succeeded = !current.hasSeenError && response.status < 500;
    if (succeeded) assertNotReplaced(ctx, current);
    // What compose() answers then; whoever replaced that has answered the request after all.
    const isPassedOn = current.isPassedOn && response.status === 404;
    const decision = current.decide(succeeded, isChangeable(response) && !isPassedOn);
    const finished = finish(settings, scope, current, response, decision);
    return isPromise(finished) ? await finished : finished;
  } catch (error) {
    if (current.isDecided && !isTooLarge(error)) throw error;
    return await finishFailed(settings, scope, current, error);
  } finally {
    // Whatever it is: another build of this package may have put it there.
    if (outer !== undefined) ctx.session = outer as Session;
  }
}

/**
 * Not waited for, and its failure is nobody's any more: the response need not wait for a goodbye.
 * Platforms that end with it wait for what waitUntil was told.
 */
function release(store: SessionStore, scope: StoreScope): void {
  try {
    const released = store.release?.(scope);
    if (isPromise(released)) scope.ctx.waitUntil(Promise.resolve(released).catch(() => {}));
  } catch {
    // As said.
  }
}

/** A request that changed nothing ends here. */
function finish(
  settings: Settings,
  scope: StoreScope,
  current: RequestSession,
  response: Response,
  decision: Decision | null,
): Awaitable<Response> {
  const varies = current.isLookedAt && settings.getSessionId === undefined;
  if (decision) return commit(settings, scope, decision, response, varies);
  return varies && isChangeable(response) ? withHeaders(response, varyByCookie) : response;
}

/**
 * An error has arrived here: what compose() did not turn into a response, or one of this session's
 * own. destroy() and regenerate() are honoured all the same, with the response that would be made
 * of the error anyway if there is anything to make it.
 */
async function finishFailed(
  settings: Settings,
  scope: StoreScope,
  current: RequestSession,
  error: unknown,
): Promise<Response> {
  const { ctx }: { ctx: Partial<RequestContext> } = scope;
  let response: Response | undefined;
  let failure = error;
  try {
    response = await ctx.handleError?.(error);
  } catch (worse) {
    failure = worse;
  }
  await current.untilIdle();
  const decision = current.isDecided ? current.decideWithoutData() : current.decide(false, false);
  if (response) return finish(settings, scope, current, response, decision);
  try {
    await finish(settings, scope, current, new Response(), decision);
  } catch {
    // The first error is the one to be seen. If it is the store that has failed now, an event has told.
  }
  throw failure;
}

function assertNotReplaced(ctx: RequestContext, current: RequestSession): void {
  if (ctx.session === current) return;
  throw new TypeError(
    "A handler replaced ctx.session, so its changes would be lost. Assign to ctx.session.data instead.",
  );
}
