import { SessionError, toSessionError } from "../errors.js";
import { reportFailure } from "../events.js";
import { currentSecond } from "../records/expiry.js";
import type { SessionScope } from "../records/store.js";
import type { ResolvedOptions } from "./options.js";
import type { CommitPlan } from "./plan.js";
import {
  canChangeHeaders,
  keepFromSharedCaches,
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

/**
 * Carries out the plan, if there is something to do: first in the store, then on the response.
 *
 * @param isUsed - Whether the response may depend on the session.
 */
export async function commit(
  options: ResolvedOptions,
  scope: SessionScope,
  plan: CommitPlan | null,
  response: Response,
  isUsed: boolean,
): Promise<Response> {
  if (!canChangeHeaders(response)) {
    if (plan) await commitWithoutCookie(options, scope, plan);
    return response;
  }
  const update = plan && (await writeToStore(options, scope, plan));
  const varies = isUsed && options.getSessionId === undefined;
  if (!update) return varies ? withHeaders(response, varyByCookie) : response;
  const sent = withUpdate(options, scope, update, response, varies);
  if (options.setSessionId)
    await options.setSessionId(scope.ctx, sent, update.value, update.maxAge);
  return sent;
}

/** For a response that cannot carry a cookie: throws if the client needs a new value. */
async function commitWithoutCookie(
  options: ResolvedOptions,
  scope: SessionScope,
  plan: CommitPlan,
): Promise<void> {
  const { destroyed, clearsClient, write } = plan;
  // A log-out ends the session, even if the browser keeps a cookie that is worthless now.
  if (destroyed) await writeToStore(options, scope, { ...plan, write: null });
  if (write?.event === "saved" && write.loaded && !clearsClient) {
    const update = await writeToStore(options, scope, plan);
    // A cookie store only made a new value, which the client cannot get.
    if (update === null || update.value === write.loaded.value) return;
  }
  throw new SessionError(
    "ERR_SESSION_RESPONSE",
    "The client needs a new cookie for this change of the session, but this response cannot carry one (status 101 or Response.error()). Change the session in another request.",
  );
}

/** Returns the update for the client; `null` when the client needs none. */
async function writeToStore(
  options: ResolvedOptions,
  scope: SessionScope,
  { destroyed, write, clearsClient }: CommitPlan,
): Promise<ClientUpdate | null> {
  const { store, emit } = options;
  const { ctx } = scope;
  try {
    if (destroyed) {
      await store.destroy(destroyed, scope);
      emit?.({ type: "destroyed" }, ctx);
    }
    if (!write) return clearsClient ? { value: null, maxAge: 0, endsWithBrowser: false } : null;
    const saved =
      write.event === "regenerated"
        ? await store.regenerate(write.loaded, write.next, scope)
        : await store.save(write.loaded, write.next, scope);
    if (saved === null) {
      emit?.({ type: "gone" }, ctx);
      return null;
    }
    if (!options.setSessionId) options.cookie.assertFits(saved.value);
    emit?.({ type: write.event }, ctx);
    if (saved.merged) emit?.({ type: "merged" }, ctx);
    const { value, expires, lifetime } = saved;
    const held = write.loaded;
    const isHeld = value === held?.value && expires === held.expires && lifetime === held.lifetime;
    const maxAge = Math.max(0, expires - currentSecond());
    return isHeld ? null : { value, maxAge, endsWithBrowser: lifetime === "browser" };
  } catch (error) {
    const failure = toSessionError(error);
    reportFailure(emit, failure, ctx);
    throw failure;
  }
}

/** The response with the headers that bring the update to the client. */
function withUpdate(
  { cookie, setSessionId }: ResolvedOptions,
  { ctx }: SessionScope,
  { value, maxAge, endsWithBrowser }: ClientUpdate,
  response: Response,
  varies: boolean,
): Response {
  // An app can answer with one bodiless Response object many times. The cookie of one user must not
  // stay on it for the next user.
  const own = response.body === null ? new Response(null, response) : response;
  return withHeaders(own, (headers) => {
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
