import { codeOf, SessionError, storeFailed } from "../errors.js";
import type { SessionEvent } from "../events.js";
import { andThen, isPromise, type Awaitable } from "../platform/awaitable.js";
import { currentSecond } from "../record.js";
import type { StoreScope } from "../store.js";
import { isWiringError } from "../wiring-error.js";
import type { Settings } from "./options.js";
import type { Decision, PlannedWrite } from "./decision.js";
import { isChangeable, keepFromSharedCaches, varyByCookie, withHeaders } from "./response.js";

/** What the client is to hold from now on. */
interface ClientUpdate {
  /** `null`: nothing any more. */
  readonly value: string | null;
  /** Seconds. */
  readonly maxAge: number;
  /** Whether it goes when the browser is closed. */
  readonly endsWithBrowser: boolean;
}

const EVENTS: Record<
  PlannedWrite["kind"],
  Exclude<SessionEvent["type"], "fresh" | "store-failed">
> = {
  create: "saved",
  keep: "saved",
  save: "saved",
  regenerate: "regenerated",
  reissue: "reissued",
  renew: "renewed",
};

/** Carries the decision out: the store first, then the response. */
export function commit(
  settings: Settings,
  scope: StoreScope,
  decision: Decision,
  response: Response,
  varies: boolean,
): Awaitable<Response> {
  if (!isChangeable(response)) {
    return commitWithoutCookie(settings, scope, decision).then(() => response);
  }
  return andThen(carryOut(settings, scope, decision), (update) => {
    if (update) return sendToClient(settings, scope, update, response, varies);
    return varies ? withHeaders(response, varyByCookie) : response;
  });
}

/** When the response carries no cookie: what needs none is written. */
async function commitWithoutCookie(
  settings: Settings,
  scope: StoreScope,
  decision: Decision,
): Promise<void> {
  const { destroyed, clears, planned } = decision;
  // Who logs out is out, even if the browser keeps a cookie that is worth nothing.
  if (destroyed) await carryOut(settings, scope, { ...decision, planned: null });
  if (planned?.kind === "save" && !clears) {
    const update = await carryOut(settings, scope, decision);
    // A cookie store has written nothing but the value that cannot be told.
    if (update === null || update.value === planned.loaded.value) return;
  }
  throw new SessionError(
    "ERR_SESSION_RESPONSE",
    "The client must be told of this change of the session, but this response cannot carry a cookie (status 101 or Response.error()). Change the session in another request.",
  );
}

function carryOut(
  settings: Settings,
  scope: StoreScope,
  decision: Decision,
): Awaitable<ClientUpdate | null> {
  const fail = (error: unknown): never => {
    if (!isWiringError(error)) {
      settings.emit({ type: "store-failed", code: codeOf(error) }, scope.ctx);
    }
    throw storeFailed(error);
  };
  try {
    const update = andThen(destroy(settings, scope, decision), () =>
      writePlanned(settings, scope, decision),
    );
    return isPromise(update) ? update.then(undefined, fail) : update;
  } catch (error) {
    return fail(error);
  }
}

function destroy(
  { store, emit }: Settings,
  scope: StoreScope,
  { destroyed }: Decision,
): Awaitable<void> {
  if (destroyed === null) return undefined;
  return andThen(store.destroy(destroyed, scope), () => emit({ type: "destroyed" }, scope.ctx));
}

function writePlanned(
  { store, emit, cookie, setSessionId }: Settings,
  scope: StoreScope,
  { clears, planned }: Decision,
): Awaitable<ClientUpdate | null> {
  if (!planned) return clears ? { value: null, maxAge: 0, endsWithBrowser: false } : null;
  const { kind, loaded, next } = planned;
  const written =
    kind === "regenerate" ? store.regenerate(loaded, next, scope) : store.save(loaded, next, scope);
  return andThen(written, (saved) => {
    if (saved === null) {
      emit({ type: "gone" }, scope.ctx);
      return null;
    }
    const { value, expires, lifetime, merged } = saved;
    if (!setSessionId) cookie.assertFits(value);
    emit({ type: EVENTS[kind] }, scope.ctx);
    if (merged) emit({ type: "merged" }, scope.ctx);
    const isHeld = value === loaded?.value && expires === loaded.expires;
    if (isHeld && lifetime === loaded.lifetime) return null;
    const maxAge = Math.max(0, expires - currentSecond());
    return { value, maxAge, endsWithBrowser: lifetime === "browser" };
  });
}

function sendToClient(
  { cookie, setSessionId }: Settings,
  { ctx }: StoreScope,
  { value, maxAge, endsWithBrowser }: ClientUpdate,
  response: Response,
  varies: boolean,
): Awaitable<Response> {
  // One without a body can be answered with many times, and apps do: one user's cookie must
  // not stay on it for the next.
  const own = response.body === null ? new Response(null, response) : response;
  const { url } = ctx.request;
  const told = withHeaders(own, (headers) => {
    if (!setSessionId) {
      const life = endsWithBrowser ? null : maxAge;
      headers.append(
        "set-cookie",
        value === null ? cookie.clear(url) : cookie.set(value, life, url),
      );
    }
    keepFromSharedCaches(headers);
    if (varies) varyByCookie(headers);
  });
  return andThen(setSessionId?.(ctx, told, value, maxAge), () => told);
}
