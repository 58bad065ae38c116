import { assertNoUnknown, assertOption, assertOptions, assertWhole } from "../option-checks.js";
import { SessionCookie, type SessionCookieOptions } from "../middleware/session-cookie.js";
import type { DeviceBinder, Served } from "./binder.js";
import { SessionBinder } from "./session-binder.js";

const ORIGIN = "https://example.com";
const PATH = /^\/[\w\-./~%!$&'()*+,:@]*$/;

/** The options of `DeviceBinding`. */
export interface DeviceBindingOptions {
  /**
   * For so many seconds after a challenge, a browser's signature counts: a thief who has copied the
   * cookies can use them for at most that long. Chromium signs six times in nine minutes at most, so give
   * 240 or more: 360 for two sessions of one site. Default: 300.
   */
  proofSeconds?: number | undefined;
  /**
   * Where browsers register their keys and renew their proofs. `session()` answers there. Default:
   * `"/.well-known/session-binding/<cookie name>"`.
   */
  path?: string | undefined;
}

/**
 * Binds sessions to the device of their visitor, so that a stolen cookie is soon worth nothing: Device
 * Bound Session Credentials of the W3C, which Chrome has since version 146. Other browsers ignore it.
 *
 * After `regenerate()`, the response asks the browser for a key that never leaves the device. From its
 * registration on, the session needs a second cookie, a proof that the browser renews by a signature.
 * Needs https, and a store that compares (Redis, memory).
 *
 * @example
 * ```ts
 * app.use(session({ store, deviceBinding: new DeviceBinding() }));
 * ```
 *
 * @remarks
 * In the header of a session's record stands `device=<secret> `, and once a browser has registered its
 * key, `device=<secret>.<second>.<key>`: 32 random bytes in base64url, seconds since 1970, and
 * `ES256.<x>.<y>` or `RS256.<n>`, with the members of the key's JWK. The cookie `<cookie name>-proof` and
 * all challenges are `<second>.<MAC>`: the first 16 bytes of HMAC-SHA-256, under the secret's text, of
 * `proof <second>`, `registration <second>` or `refresh <second>`. For a proof, it is the second at
 * which it ends; for a challenge, that of its making. A registration's begins with the session's `id`.
 */
export class DeviceBinding {
  readonly #proofSeconds: number;
  readonly #path: string | undefined;

  /** @throws {TypeError} for an option that is wrong or unknown. */
  constructor(options: DeviceBindingOptions = {}) {
    assertOptions("DeviceBinding", options);
    const { proofSeconds = 300, path, ...unknown } = options;
    assertNoUnknown("DeviceBinding", unknown, "It has proofSeconds and path.");
    assertWhole("proofSeconds", proofSeconds, "seconds", 10, 86_400);
    const isPath = path === undefined || isPlainPath(path);
    assertOption("path", isPath, "a path from / without a query, such as /session-binding");
    this.#proofSeconds = proofSeconds;
    this.#path = path;
  }

  /**
   * @internal
   * @throws {TypeError} for options of `session()` with which no session could be bound, or a bound
   * one would lock its visitor out.
   */
  binderFor(
    served: Served,
    cookieOptions: SessionCookieOptions,
    hasOwnTransport: boolean,
  ): DeviceBinder {
    const { store, cookie } = served;
    // Chromium refuses a session whose cookie has a priority.
    const { priority: _, ...sent } = cookieOptions;
    const { domain, secure, partitioned, path: cookiePath = "/" } = sent;
    if (!store.keepsSessions)
      refuse("a cookie store, which can keep no key: use RedisSessionStore");
    if (!store.bindsDevices) refuse("a store that cannot compare: use RedisSessionStore");
    if (hasOwnTransport) refuse("getSessionId: browsers prove themselves by a cookie");
    if (domain !== undefined) refuse("cookieOptions.domain: browsers bind to one origin");
    if (secure === false) refuse("cookieOptions.secure false: browsers bind over https only");
    if (partitioned) refuse("cookieOptions.partitioned: browsers bind no such cookies");
    const path = this.#path ?? `/.well-known/session-binding/${encodeURIComponent(cookie.name)}`;
    if (!isPlainPath(path)) refuse(`the cookieName ${cookie.name}: give DeviceBinding a path`);
    const folder = cookiePath.replace(/\/?$/, "/");
    if (path !== cookiePath && !path.startsWith(folder)) {
      const right = `new DeviceBinding({ path: "${folder}session-binding" })`;
      refuse(`cookieOptions.path ${cookiePath}, which must cover the binding's path: ${right}`);
    }
    const proofCookie = new SessionCookie(`${cookie.name}-proof`, sent);
    return new SessionBinder(served, proofCookie, path, this.#proofSeconds);
  }
}

function refuse(what: string): never {
  throw new TypeError(`The option deviceBinding does not go with ${what}.`);
}

/** Whether browsers send the path as it is written, so that it can be compared and quoted. */
function isPlainPath(path: unknown): boolean {
  return typeof path === "string" && PATH.test(path) && new URL(path, ORIGIN).pathname === path;
}
