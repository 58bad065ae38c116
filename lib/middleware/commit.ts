import { SessionError } from "../errors.js";
import { reported } from "../events.js";
import { currentSecond } from "../records/expiry.js";
import type { SavedSession, SessionScope } from "../records/store.js";
import type { ResolvedOptions } from "./options.js";
import { needsCookie, type CommitPlan, type StoreWrite } from "./plan.js";
import {
  canChangeHeaders,
  keepFromSharedCaches,
  ownResponse,
  varyByCookie,
  withHeaders,
} from "./response-headers.js";

/** The value that the client must hold from now on, and for how long. */
interface ClientUpdate {
  /** `null` if the client must forget its value. */
  readonly value: string | null;
  /** Seconds. */
  readonly maxAge: number;
  /** Whether the browser deletes the cookie when it is closed. */
  readonly endsWithBrowser: boolean;
}

const CANNOT_CARRY =
  "The client needs a new cookie for this change of the session, but this response cannot carry one (status 101 or Response.error()). Change the session in another request.";

/**
 * Carries out the plan: first in the store, then on the response.
 *
 * @param isUsed - Whether the response may depend on the session.
 */
export async function commit(
  options: ResolvedOptions,
  scope: SessionScope,
  plan: CommitPlan,
  response: Response,
  isUsed: boolean,
): Promise<Response> {
  const canCarry = canChangeHeaders(response);
  if (!canCarry && needsCookie(options, plan)) {
    throw new SessionError("ERR_SESSION_RESPONSE", CANNOT_CARRY);
  }
  const { current, write } = plan;
  const session = write ? await writeToStore(options, scope, plan, write) : current;
  const update = clientUpdate(plan, session);
  if (!canCarry) return response;
  const varies = isUsed && options.getSessionId === undefined;
  if (!update) return varies ? withHeaders(response, varyByCookie) : response;
  const { offered } = plan;
  const offer =
    offered && update.value && (await options.binder?.offer(offered, update.value, scope.ctx));
  const sent = withUpdate(options, scope, update, response, varies);
  if (offer) sent.headers.append("secure-session-registration", offer);
  if (options.setSessionId)
    await options.setSessionId(scope.ctx, sent, update.value, update.maxAge);
  return sent;
}

/** The session after the write. */
async function writeToStore(
  { store, cookie, setSessionId, emit }: ResolvedOptions,
  scope: SessionScope,
  { held, current }: CommitPlan,
  { event, loaded, next }: StoreWrite,
): Promise<Pick<SavedSession, "value" | "expires" | "lifetime"> | null> {
  const { ctx } = scope;
  const beginMs = performance.now();
  try {
    const saved = await store.save(loaded, next, scope);
    if (saved === null) {
      emit?.({ type: "gone" }, ctx);
      return held;
    }
    if (!setSessionId) cookie.assertFits(saved.value);
    emit?.({ type: event }, ctx);
    if (saved.merged) emit?.({ type: "merged" }, ctx);
    return saved;
  } catch (error) {
    const failure = reported(error, "save", beginMs, emit, ctx);
    // Without a renewal, the session just ends earlier. The next request renews it.
    if (event === "saved" || failure.code === "ERR_SESSION_USAGE") throw failure;
    return current;
  }
}

/** What the client must be told; `null` if it holds the session as it is. */
function clientUpdate(
  { held, clearsClient }: CommitPlan,
  session: Pick<SavedSession, "value" | "expires" | "lifetime"> | null,
): ClientUpdate | null {
  if (session === null)
    return clearsClient ? { value: null, maxAge: 0, endsWithBrowser: false } : null;
  const { value, expires, lifetime } = session;
  const isHeld = value === held?.value && expires === held.expires && lifetime === held.lifetime;
  if (isHeld) return null;
  const maxAge = Math.max(0, expires - currentSecond());
  return { value, maxAge, endsWithBrowser: lifetime === "browser" };
}

/** The response with the headers that bring the update to the client. */
function withUpdate(
  { cookie, setSessionId }: ResolvedOptions,
  { ctx }: SessionScope,
  { value, maxAge, endsWithBrowser }: ClientUpdate,
  response: Response,
  varies: boolean,
): Response {
  return withHeaders(ownResponse(response), (headers) => {
    if (!setSessionId) {
      const { url } = ctx.request;
      const age = endsWithBrowser ? null : maxAge;
      headers.append(
        "set-cookie",
        value === null ? cookie.clear(url) : cookie.set(value, age, url),
      );
    }
    keepFromSharedCaches(headers);
    if (varies) varyByCookie(headers);
  });
}
