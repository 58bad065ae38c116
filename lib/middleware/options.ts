import { MAX_COOKIE_AGE_SECONDS } from "../browser-limits.js";
import type { DeviceBinder } from "../device-binding/binder.js";
import type { DeviceBinding } from "../device-binding/device-binding.js";
import type { Emit, SessionEvent } from "../events.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { assertNoUnknown, assertOption, assertOptions, assertWhole } from "../option-checks.js";
import { isPromise, type Awaitable } from "../platform/awaitable.js";
import type { BaseStore } from "../records/base-store.js";
import type { Timeouts } from "../records/expiry.js";
import type { SessionStore } from "../records/store.js";
import type { SessionData } from "../session.js";
import { DefaultData, type DefaultSessionData } from "./default-data.js";
import { SessionCookie, type SessionCookieOptions } from "./session-cookie.js";

/** The options of `session()`. */
export interface SessionOptions<Data extends object = SessionData> {
  /** The store that keeps the sessions. */
  store: SessionStore<Data>;
  /**
   * The data of a fresh session: an object, which is copied for every session, or a function of
   * `ctx` that returns one. The function is called once for each fresh session, before the handler.
   * Its result is saved if a handler reads `data`. Default: `{}`.
   *
   * @example
   * ```ts
   * defaultSessionData: { visits: 0 }
   * ```
   */
  defaultSessionData?: DefaultSessionData<Data> | undefined;
  /** The name of the cookie, to which sealed values and IDs are bound. Default: `"session"`. */
  cookieName?: string | undefined;
  /** The attributes of the cookie. */
  cookieOptions?: SessionCookieOptions | undefined;
  /**
   * Returns the session ID (or the sealed value) of a request. Default: the cookie's value.
   *
   * Without `setSessionId`, new IDs are still sent in a cookie. With `getSessionId`, `session()` sets no
   * `Vary` header: the app must set it to the name of the header that it reads.
   *
   * @example
   * ```ts
   * getSessionId: (ctx) => ctx.request.headers.get("x-session")
   * ```
   */
  getSessionId?: ((ctx: RequestContext) => Awaitable<string | null | undefined>) | undefined;
  /**
   * Sends the session ID to the client. Default: in a Set-Cookie header. A promise is awaited.
   *
   * @param response - Its headers can be changed.
   * @param id - `null` when the session has been destroyed.
   * @param maxAge - The seconds for which the ID is valid; 0 when the session has been destroyed.
   */
  setSessionId?:
    | ((ctx: RequestContext, response: Response, id: string | null, maxAge: number) => unknown)
    | undefined;
  /**
   * After so many seconds without a request, a session is over. In a cookie, at most 400 days count,
   * because browsers keep no cookie longer. Default: 86 400, a day.
   */
  idleTimeout?: number | undefined;
  /**
   * So many seconds after its creation, or its last `regenerate()`, a session is over. Default:
   * 2 592 000, thirty days, or `idleTimeout` if that is longer.
   */
  absoluteTimeout?: number | undefined;
  /**
   * A session is renewed only if that extends its life by at least so many seconds, at most
   * `idleTimeout`. Default: a tenth of `idleTimeout`. For a session with a `lifetime` of its own, it is
   * scaled in proportion to that lifetime.
   */
  renewAfter?: number | undefined;
  /**
   * Binds sessions to the device of their visitor, in browsers that can do it: see `DeviceBinding`.
   *
   * @example
   * ```ts
   * deviceBinding: new DeviceBinding()
   * ```
   */
  deviceBinding?: DeviceBinding | undefined;
  /**
   * Called for each event, for logs and monitoring. Its result is not awaited, and its errors are
   * ignored.
   */
  onEvent?: ((event: SessionEvent, ctx: RequestContext) => unknown) | undefined;
}

/** The options, checked and with their defaults. */
export interface ResolvedOptions
  extends Timeouts, Pick<SessionOptions, "getSessionId" | "setSessionId"> {
  readonly store: BaseStore;
  readonly cookie: SessionCookie;
  readonly defaults: DefaultData;
  /** Seconds. */
  readonly renewAfter: number;
  /** Present with the option `deviceBinding`. */
  readonly binder?: DeviceBinder | undefined;
  /** Calls `onEvent`, and ignores its errors. Absent when the app has no `onEvent`. */
  readonly emit?: Emit | undefined;
}

const DAY_SECONDS = 86_400;

const IDLE_TIMEOUT = "idleTimeout, in seconds";
const KEYS = "the keys of the store: new SignedCookieStore([key])";
/** What other session libraries call these options. */
const OTHER_NAMES = {
  maxAge: IDLE_TIMEOUT,
  ttl: IDLE_TIMEOUT,
  expires: IDLE_TIMEOUT,
  cookie: "cookieOptions",
  name: "cookieName",
  defaultData: "defaultSessionData",
  keys: KEYS,
  secret: KEYS,
  secrets: KEYS,
  password: KEYS,
  rolling: "renewAfter, in seconds",
  domain: "cookieOptions.domain",
  httpOnly: "cookieOptions.httpOnly",
  path: "cookieOptions.path",
  sameSite: "cookieOptions.sameSite",
  secure: "cookieOptions.secure",
  storeProtocol: "session({ store })",
};

/** @throws {TypeError} that names the option and the values that it takes. */
export function resolveOptions(options: SessionOptions): ResolvedOptions {
  assertOptions("session()", options);
  const {
    store,
    defaultSessionData = {},
    cookieName = "session",
    cookieOptions = {},
    getSessionId,
    setSessionId,
    idleTimeout,
    absoluteTimeout,
    renewAfter,
    deviceBinding,
    onEvent,
    ...unknown
  } = options;
  assertNoUnknown("session()", unknown, "See SessionOptions for those that it has.", OTHER_NAMES);
  const isStore = store?.storeProtocol === 1;
  assertOption("store", isStore, "a session store, for example new SignedCookieStore(keys)");
  for (const [name, value] of Object.entries({ getSessionId, setSessionId, onEvent })) {
    assertOption(name, value === undefined || typeof value === "function", "a function");
  }
  const isBinding = deviceBinding === undefined || typeof deviceBinding?.binderFor === "function";
  assertOption("deviceBinding", isBinding, "a DeviceBinding: new DeviceBinding()");
  // Only this package's base classes have the protocol, and they have all of it.
  const served = {
    store: store as BaseStore,
    cookie: new SessionCookie(cookieName, cookieOptions),
    emit: onEvent && emitterFor(onEvent),
  };
  return {
    ...served,
    binder: deviceBinding?.binderFor(served, cookieOptions, getSessionId !== undefined),
    defaults: new DefaultData(defaultSessionData, served.store),
    ...resolveTimeouts(idleTimeout, cookieOptions.maxAge, absoluteTimeout, renewAfter),
    clientLimit: setSessionId ? Infinity : MAX_COOKIE_AGE_SECONDS,
    getSessionId,
    setSessionId,
  };
}

function resolveTimeouts(
  givenIdle: number | undefined,
  maxAge: number | undefined,
  givenAbsolute: number | undefined,
  givenRenewAfter: number | undefined,
): Pick<ResolvedOptions, "idleTimeout" | "absoluteTimeout" | "renewAfter"> {
  if (maxAge !== undefined && givenIdle !== undefined) {
    throw new TypeError(
      "cookieOptions.maxAge is another name of the option idleTimeout: give one of them.",
    );
  }
  const idleTimeout = givenIdle ?? maxAge ?? DAY_SECONDS;
  const idleName = maxAge === undefined ? "idleTimeout" : "cookieOptions.maxAge";
  assertWhole(idleName, idleTimeout, "seconds", 1);
  const absoluteTimeout = givenAbsolute ?? Math.max(30 * DAY_SECONDS, idleTimeout);
  assertWhole("absoluteTimeout", absoluteTimeout, "seconds", 1);
  assertOption(idleName, idleTimeout <= absoluteTimeout, "no longer than absoluteTimeout");
  const renewAfter = givenRenewAfter ?? Math.floor(idleTimeout / 10);
  assertWhole("renewAfter", renewAfter, "seconds", 0);
  // The value is most likely in milliseconds. No session, however busy, would ever be renewed.
  const gain = "no longer than idleTimeout, the most that a renewal can gain. Both are in seconds";
  assertOption("renewAfter", renewAfter <= idleTimeout, gain);
  return { idleTimeout, absoluteTimeout, renewAfter };
}

/** An error in the app's monitoring must not break a request. */
function emitterFor(onEvent: NonNullable<SessionOptions["onEvent"]>): ResolvedOptions["emit"] {
  return (event, ctx) => {
    try {
      const answer = onEvent(event, ctx);
      if (isPromise(answer)) answer.then(undefined, () => {});
    } catch {
      // Ignored, as documented.
    }
  };
}
