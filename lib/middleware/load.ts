import type { DeviceBinder } from "../device-binding/binder.js";
import { SessionError } from "../errors.js";
import { reported } from "../events.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { andThen, isPromise, type Awaitable } from "../platform/awaitable.js";
import type { Found, LoadedSession, RejectionReason, SessionScope } from "../records/store.js";
import type { SessionData } from "../session.js";
import { cookieValues } from "./cookie-values.js";
import type { ResolvedOptions } from "./options.js";

/** The session of a request before its handlers run. */
export interface InitialState {
  /** The first ID or sealed value that the client has sent; with `getSessionId`, anything. */
  readonly sent: unknown;
  /** `null` for a fresh session. */
  readonly loaded: LoadedSession | null;
  readonly data: SessionData;
  /**
   * Whether the client may hold a better cookie, which the response must not replace: its session has
   * just moved to a new ID, or it is bound, and the browser has only not renewed its proof.
   */
  readonly isLate?: boolean | undefined;
  /** Answers the request in place of its handlers. */
  readonly response?: Response;
  /** The error of the store, which is thrown when a handler uses the session. */
  readonly failure?: unknown;
}

/**
 * Loads the session of a request, or begins a fresh one. It returns no promise where neither the store
 * nor the app does: reading a sealed cookie is synchronous with node:crypto.
 */
export function load(options: ResolvedOptions, scope: SessionScope): Awaitable<InitialState> {
  const { cookie, getSessionId } = options;
  const { ctx } = scope;
  return getSessionId
    ? andThen(getSessionId(ctx), (sent) => loadSent(sent, options, scope))
    : loadSent(cookieOf(ctx, cookie.name), options, scope);
}

function loadSent(
  sent: unknown,
  options: ResolvedOptions,
  scope: SessionScope,
): Awaitable<InitialState> {
  if (sent === undefined || sent === null) return begin(sent, false, options, scope);
  const beginMs = performance.now();
  let loading: Awaitable<Found>;
  try {
    loading = loadValue(sent, options, scope);
  } catch (error) {
    // settle() awaits it: a store that throws at once fails like any other.
    loading = Promise.reject(error);
  }
  return isPromise(loading) || typeof loading === "string"
    ? settle(loading, sent, beginMs, options, scope)
    : { sent, loaded: loading, data: loading.data };
}

/** A fresh session. */
function begin(
  sent: unknown,
  isLate: boolean,
  { defaults }: ResolvedOptions,
  { ctx }: SessionScope,
): Awaitable<InitialState> {
  return andThen(defaults.make(ctx), (data) => ({ sent, loaded: null, data, isLate }));
}

/** Waits for the store, and decides what becomes of a value that is rejected. */
async function settle(
  loading: Awaitable<Found>,
  sent: unknown,
  beginMs: number,
  options: ResolvedOptions,
  scope: SessionScope,
): Promise<InitialState> {
  const { binder, emit } = options;
  const { ctx } = scope;
  let found: Found;
  try {
    found = await loading;
    if (typeof found === "string") found = await loadAnother(found, sent, options, scope);
  } catch (error) {
    // The error waits for a handler that uses the session: others work while the store is down.
    return { sent, loaded: null, data: {}, failure: reported(error, "load", beginMs, emit, ctx) };
  }
  if (typeof found !== "string") return { sent, loaded: found, data: found.data };
  const unproven = found === "unproven" ? binder : undefined;
  const response = unproven?.loadAgain(ctx.request);
  if (response) return { sent, loaded: null, data: {}, response };
  if (found === "moved") emit?.({ type: "gone" }, ctx);
  else if (sent !== "") emit?.({ type: "fresh", reason: found }, ctx);
  const isLate = found === "moved" || unproven?.mayHaveKey(ctx.request) === true;
  return begin(sent, isLate, options, scope);
}

/** The values that the client has sent for the session. */
export function sentValues(
  sent: unknown,
  { cookie, getSessionId }: ResolvedOptions,
  { ctx }: SessionScope,
): string[] {
  if (typeof sent !== "string") return [];
  // ctx.cookie has the first one only.
  return getSessionId ? [sent] : cookieValues(ctx.request, cookie.name, sent);
}

/**
 * Tries the other values of a client whose first one was rejected.
 *
 * @returns the first session, or the reason why there is none: `"moved"` or `"unproven"`, or that of the
 * first value.
 */
async function loadAnother(
  rejection: RejectionReason | "moved",
  sent: unknown,
  options: ResolvedOptions,
  scope: SessionScope,
): Promise<Found> {
  let reason = rejection;
  for (const value of sentValues(sent, options, scope).slice(1)) {
    const found = await loadValue(value, options, scope);
    if (typeof found !== "string") return found;
    if (found === "moved" || found === "unproven") reason = found;
  }
  return reason;
}

/** The session of one value, if the request may use it. */
function loadValue(
  value: unknown,
  { store, cookie, binder, getSessionId }: ResolvedOptions,
  scope: SessionScope,
): Awaitable<Found> {
  // getSessionId may return anything, such as a number from a parsed body. A cookie over the limit
  // of browsers was not set by this package, and could not be reissued.
  const canBeOurs = typeof value === "string" && (getSessionId || cookie.fits(value));
  if (!canBeOurs) return "malformed";
  const loading = store.load(value, scope);
  return binder ? proven(loading, binder, scope) : loading;
}

async function proven(
  loading: Awaitable<Found>,
  binder: DeviceBinder,
  { ctx }: SessionScope,
): Promise<Found> {
  const found = await loading;
  return typeof found === "string" || (await binder.isProven(found, ctx)) ? found : "unproven";
}

function cookieOf(ctx: RequestContext, name: string): string | undefined {
  if (ctx.cookie) return ctx.cookie[name];
  throw new SessionError(
    "ERR_SESSION_USAGE",
    "session() found no ctx.cookie. Add app.use(cookie()) from @hattip/cookie before it, or pass the option getSessionId.",
  );
}
