import { SessionError } from "../errors.js";
import { reported } from "../events.js";
import { andThen, isPromise, type Awaitable } from "../platform/awaitable.js";
import { currentSecond } from "../records/expiry.js";
import type { LoadedSession, SavedSession, SessionScope } from "../records/store.js";
import type { ResolvedOptions } from "./options.js";
import { needsCookie, type CommitPlan, type StoreWrite } from "./plan.js";
import {
  canChangeHeaders,
  keepFromSharedCaches,
  ownResponse,
  varyByCookie,
  withHeaders,
} from "./response-headers.js";

/** The session as the client must know it. */
type WrittenSession = Pick<SavedSession, "value" | "expires" | "lifetime">;

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
 * Carries out the plan: first in the store, then on the response. It returns no promise where there is
 * nothing to wait for.
 *
 * @param isUsed - Whether the response may depend on the session.
 */
export function commit(
  options: ResolvedOptions,
  scope: SessionScope,
  plan: CommitPlan,
  response: Response,
  isUsed: boolean,
): Awaitable<Response> {
  if (!canChangeHeaders(response) && needsCookie(options, plan)) {
    throw new SessionError("ERR_SESSION_RESPONSE", CANNOT_CARRY);
  }
  const { current, write } = plan;
  return write
    ? andThen(writeToStore(options, scope, plan, write), (session) =>
        tellClient(options, scope, plan, session, response, isUsed),
      )
    : tellClient(options, scope, plan, current, response, isUsed);
}

/** The session after the write. */
async function writeToStore(
  { store, cookie, setSessionId, emit }: ResolvedOptions,
  scope: SessionScope,
  { held, current }: CommitPlan,
  { event, loaded, next }: StoreWrite,
): Promise<WrittenSession | null> {
  const { ctx } = scope;
  const beginMs = performance.now();
  try {
    const saving = store.save(loaded, next, scope);
    const saved = isPromise(saving) ? await saving : saving;
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

/** Brings the session to the client, unless it holds it as it is. */
function tellClient(
  options: ResolvedOptions,
  scope: SessionScope,
  { held, clearsClient, offered }: CommitPlan,
  session: WrittenSession | null,
  response: Response,
  isUsed: boolean,
): Awaitable<Response> {
  if (!canChangeHeaders(response)) return response;
  const varies = isUsed && options.getSessionId === undefined;
  const update = clientUpdate(held, clearsClient, session);
  if (!update) return varies ? withHeaders(response, varyByCookie) : response;
  const sent = withUpdate(options, scope, update, response, varies);
  return offered || options.setSessionId ? sendRest(options, scope, update, offered, sent) : sent;
}

/** What the client must be told; `null` if it holds the session as it is. */
function clientUpdate(
  held: LoadedSession | null,
  clearsClient: boolean,
  session: WrittenSession | null,
): ClientUpdate | null {
  if (session === null)
    return clearsClient ? { value: null, maxAge: 0, endsWithBrowser: false } : null;
  const { value, expires, lifetime } = session;
  const isHeld = value === held?.value && expires === held.expires && lifetime === held.lifetime;
  if (isHeld) return null;
  const maxAge = Math.max(0, expires - currentSecond());
  return { value, maxAge, endsWithBrowser: lifetime === "browser" };
}

/** Sends what goes out beside the cookie: the offer to bind the session, and the app's own message. */
async function sendRest(
  { binder, setSessionId }: ResolvedOptions,
  { ctx }: SessionScope,
  { value, maxAge }: ClientUpdate,
  offered: string | undefined,
  response: Response,
): Promise<Response> {
  const offer = offered && value && (await binder?.offer(offered, value, ctx));
  if (offer) response.headers.append("secure-session-registration", offer);
  if (setSessionId) await setSessionId(ctx, response, value, maxAge);
  return response;
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
    keepFromSharedCaches(headers);
    if (varies) varyByCookie(headers);
    if (!setSessionId) {
      const { url } = ctx.request;
      const age = endsWithBrowser ? null : maxAge;
      headers.append(
        "set-cookie",
        value === null ? cookie.clear(url) : cookie.set(value, age, url),
      );
    }
  });
}
