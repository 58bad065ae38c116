import type { SessionEvent } from "../events.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { assertKnownOptions, assertWhole } from "../option-checks.js";
import { isPromise, type Awaitable } from "../platform/awaitable.js";
import type { SessionStore } from "../store.js";
import { SessionDefaults, type DefaultSessionData } from "./session-defaults.js";
import { SessionCookie, type SessionCookieOptions } from "./session-cookie.js";

/** The options of `session()`. */
export interface SessionOptions {
  /** Where sessions are kept. */
  store: SessionStore;
  /**
   * What a fresh session holds: an object, copied for every session, or a function of `ctx` that
   * returns one. A function is called once for each fresh session, before the handler, and what it
   * returned is kept once the handler has looked at it.
   *
   * @example
   * ```ts
   * defaultSessionData: { visits: 0 }
   * ```
   */
  defaultSessionData: DefaultSessionData;
  /** Default: `"session"`. Sealed values and IDs are bound to it. */
  cookieName?: string;
  /** The attributes of the cookie. */
  cookieOptions?: SessionCookieOptions;
  /**
   * Where the session ID (or the sealed value) comes from. Default: the cookie. Goes with
   * `setSessionId`: without that, new IDs still leave in a cookie. No `Vary` is set then; set it
   * to the header that you read.
   *
   * @example
   * ```ts
   * getSessionId: (ctx) => ctx.request.headers.get("x-session")
   * ```
   */
  getSessionId?: (ctx: RequestContext) => Awaitable<string | null | undefined>;
  /**
   * How it is sent to the client. Default: in the cookie. A promise is waited for.
   *
   * @param response - Its headers can be changed.
   * @param id - `null` when the session has been destroyed.
   * @param maxAge - Seconds for which the ID is good; 0 when it has been destroyed.
   */
  setSessionId?: (
    ctx: RequestContext,
    response: Response,
    id: string | null,
    maxAge: number,
  ) => unknown;
  /**
   * Seconds without a request after which a session is over. Of a cookie, at most 400 days count:
   * browsers keep none longer. Default: 86 400, a day.
   */
  idleTimeout?: number;
  /**
   * Seconds from its creation after which a session is over. Default: 2 592 000, thirty days, or
   * `idleTimeout` if that is longer.
   */
  absoluteTimeout?: number;
  /**
   * A session is renewed when that extends its life by at least this many seconds. Default: a tenth
   * of `idleTimeout`, which is also the most. For a session with a `lifetime` of its own, in
   * proportion to that.
   */
  renewAfter?: number;
  /**
   * Hears what happens, without IDs or data. What it throws, or rejects with, is
   * ignored; it is not waited for.
   */
  onEvent?: (event: SessionEvent, ctx: RequestContext) => unknown;
}

/** The options, checked and with their defaults. */
export interface Settings
  extends
    Required<Pick<SessionOptions, "store" | "idleTimeout" | "absoluteTimeout" | "renewAfter">>,
    Pick<SessionOptions, "getSessionId" | "setSessionId"> {
  readonly cookie: SessionCookie;
  readonly defaults: SessionDefaults;
  /** Calls `onEvent`, which must not break a request. */
  readonly emit: (event: SessionEvent, ctx: RequestContext) => void;
}

const DAY = 86_400;

/** Throws a `TypeError` that names the option and what would do. */
export function resolveOptions(options: SessionOptions): Settings {
  assertKnownOptions("session()", options, [
    "store",
    "defaultSessionData",
    "cookieName",
    "cookieOptions",
    "getSessionId",
    "setSessionId",
    "idleTimeout",
    "absoluteTimeout",
    "renewAfter",
    "onEvent",
  ]);
  const { store, defaultSessionData, cookieName = "session", cookieOptions } = options;
  const { getSessionId, setSessionId, onEvent } = options;
  if (!isStore(store)) {
    throw new TypeError(
      "The option store must be a session store, for example new SignedCookieStore(keys).",
    );
  }
  for (const [name, value] of Object.entries({ getSessionId, setSessionId, onEvent })) {
    if (value !== undefined && typeof value !== "function") {
      throw new TypeError(`The option ${name} must be a function.`);
    }
  }
  return {
    store,
    ...timeouts(options),
    getSessionId,
    setSessionId,
    emit: emitter(onEvent),
    cookie: new SessionCookie(cookieName, cookieOptions),
    defaults: new SessionDefaults(defaultSessionData, store),
  };
}

/** Of any class: two builds of this package, or a store written by hand, do as well. */
function isStore(store: Partial<SessionStore> | undefined): boolean {
  const methods = [store?.serialize, store?.load, store?.save, store?.regenerate, store?.destroy];
  return methods.every((method) => typeof method === "function");
}

function timeouts(
  options: SessionOptions,
): Pick<Settings, "idleTimeout" | "absoluteTimeout" | "renewAfter"> {
  const maxAge = options.cookieOptions?.maxAge;
  if (maxAge !== undefined && options.idleTimeout !== undefined) {
    throw new TypeError(
      "cookieOptions.maxAge is another name of the option idleTimeout: give one of them.",
    );
  }
  const idleTimeout = options.idleTimeout ?? maxAge ?? DAY;
  assertWhole(
    maxAge === undefined ? "idleTimeout" : "cookieOptions.maxAge",
    idleTimeout,
    "seconds",
    1,
  );
  const absoluteTimeout = options.absoluteTimeout ?? Math.max(30 * DAY, idleTimeout);
  assertWhole("absoluteTimeout", absoluteTimeout, "seconds", 1);
  if (idleTimeout > absoluteTimeout) {
    throw new TypeError("The option idleTimeout must not be longer than absoluteTimeout.");
  }
  const renewAfter = options.renewAfter ?? Math.floor(idleTimeout / 10);
  assertWhole("renewAfter", renewAfter, "seconds", 0);
  // Milliseconds, most likely; every session would end after its idleTimeout, however busy it is.
  if (renewAfter > idleTimeout) {
    throw new TypeError(
      "The option renewAfter must not be longer than idleTimeout, the most that a renewal can gain. Both are in seconds.",
    );
  }
  return { idleTimeout, absoluteTimeout, renewAfter };
}

function emitter(onEvent: SessionOptions["onEvent"]): Settings["emit"] {
  return (event, ctx) => {
    try {
      const answer = onEvent?.(event, ctx);
      if (isPromise(answer)) answer.then(undefined, () => {});
    } catch {
      // Whoever watches must not disturb.
    }
  };
}
