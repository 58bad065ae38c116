import { cookieBytes, MAX_COOKIE_BYTES } from "../cookie-size.js";
import { SessionError } from "../errors.js";
import { assertKnownOptions } from "../option-checks.js";
import { WiringError } from "../wiring-error.js";

/**
 * The attributes of the session's cookie. By default `Path=/; HttpOnly; SameSite=Lax; Secure`,
 * without `Secure` on http://localhost and the loopback addresses.
 */
export interface SessionCookieOptions {
  /**
   * The host whose subdomains get the cookie, too. Default: only the host that set it,
   * and none of its subdomains.
   */
  domain?: string;
  /** Whether scripts are kept from the cookie. Default: `true`. */
  httpOnly?: boolean;
  /** Seconds: another name of the option `idleTimeout`. */
  maxAge?: number;
  /**
   * Whether each top-level site has a cookie of its own (CHIPS). Needs `secure`. Default: `false`.
   */
  partitioned?: boolean;
  /** The path under which the browser sends the cookie. Default: `"/"`. */
  path?: string;
  /** Which cookies Chromium drops last when there are too many. Default: none is stated. */
  priority?: "low" | "medium" | "high";
  /**
   * Whether requests from other sites carry the cookie. `true` is `"strict"`; `"none"` needs
   * `secure`; `false` leaves it to the browser. Default: `"lax"`.
   */
  sameSite?: boolean | "lax" | "strict" | "none";
  /**
   * Whether only https carries the cookie. Default: `true`, except on http://localhost
   * and the loopback addresses.
   */
  secure?: boolean;
}

/** RFC 6265bis, 5.6: browsers drop attributes that are longer. */
const MAX_ATTRIBUTE_BYTES = 1024;

/** RFC 6265bis, 4.1.3. */
const PREFIX = /^__(host-http|host|http|secure)-/i;
/** RFC 6265, 4.1.1: cookie-octets. */
const VALUE = /^[!#-+\--:<-[\]-~]+$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/;
/** RFC 6265, 4.1.1: av-octets, from the root. */
const PATH = /^\/[ -:<-~]*$/;
const DOMAIN = /^\.?[a-z\d]([a-z\d-]*[a-z\d])?(\.[a-z\d]([a-z\d-]*[a-z\d])?)*$/i;
const LOOPBACK = /^http:\/\/(([^/]*\.)?localhost|127(\.\d+){3}|\[::1\])(:\d+)?(\/|$)/i;

/** Writes Set-Cookie headers for one cookie; its attributes are checked and put together once. */
export class SessionCookie {
  readonly name: string;
  readonly #attributes: string;
  readonly #isSecure: boolean;
  readonly #isSecureOnLoopback: boolean;

  /** @throws {TypeError} for what browsers would refuse. */
  constructor(name: string, options: SessionCookieOptions = {}) {
    assertKnownOptions("cookieOptions", options, [
      "domain",
      "httpOnly",
      "maxAge",
      "partitioned",
      "path",
      "priority",
      "sameSite",
      "secure",
    ]);
    if (typeof name !== "string" || !TOKEN.test(name) || name.length > MAX_ATTRIBUTE_BYTES) {
      throw new TypeError(
        "The option cookieName must consist of letters, digits and !#$%&'*+-.^_`|~, such as session.",
      );
    }
    const { domain, httpOnly = true, partitioned = false, path = "/", priority, secure } = options;
    const sameSite = sameSiteOf(options.sameSite === undefined ? "lax" : options.sameSite);
    assertBoolean("httpOnly", httpOnly);
    assertBoolean("partitioned", partitioned);
    if (secure !== undefined) assertBoolean("secure", secure);
    assertAttribute("path", path, PATH, "a path that begins with / and has no ; in it");
    if (domain !== undefined) assertAttribute("domain", domain, DOMAIN, "a host name");
    if (priority !== undefined && !["low", "medium", "high"].includes(priority)) {
      throw new TypeError("The option cookieOptions.priority must be low, medium or high.");
    }
    const prefix = PREFIX.exec(name)?.[1]?.toLowerCase();
    if (prefix?.startsWith("host") && (domain !== undefined || path !== "/")) {
      throw new TypeError(
        "A cookie whose name begins with __Host- must have no cookieOptions.domain and the path /.",
      );
    }
    if (prefix?.endsWith("http") && !httpOnly) {
      throw new TypeError(
        `The name ${name} requires cookieOptions.httpOnly; browsers reject it otherwise.`,
      );
    }
    const needsSecure =
      (prefix !== undefined && `The name ${name}`) ||
      (sameSite === "None" && "cookieOptions.sameSite none") ||
      (partitioned && "cookieOptions.partitioned");
    if (needsSecure && secure === false) {
      throw new TypeError(
        `${needsSecure} requires cookieOptions.secure; browsers reject it otherwise.`,
      );
    }

    this.name = name;
    this.#isSecure = secure !== false;
    this.#isSecureOnLoopback = secure === true || Boolean(needsSecure);
    this.#attributes =
      `; Path=${path}` +
      (domain === undefined ? "" : `; Domain=${domain}`) +
      (httpOnly ? "; HttpOnly" : "") +
      (sameSite === undefined ? "" : `; SameSite=${sameSite}`) +
      (partitioned ? "; Partitioned" : "") +
      (priority === undefined ? "" : `; Priority=${priority}`);
  }

  /** Whether browsers would keep it. */
  fits(value: string): boolean {
    return cookieBytes(this.name, value) <= MAX_COOKIE_BYTES;
  }

  /**
   * @throws {SessionError} `ERR_SESSION_COOKIE_TOO_LARGE` for what browsers would drop silently.
   * @throws {TypeError} for a value that would end within, and add attributes: that of a store
   * whose `seal` does not encode.
   */
  assertFits(value: string): void {
    if (!VALUE.test(value)) {
      throw new WiringError(
        "The store's seal() returned characters that a cookie cannot hold. Encode the value, in base64url for example.",
      );
    }
    const bytes = cookieBytes(this.name, value);
    if (bytes <= MAX_COOKIE_BYTES) return;
    throw new SessionError(
      "ERR_SESSION_COOKIE_TOO_LARGE",
      `The session's cookie takes ${bytes} bytes; browsers drop cookies over ${MAX_COOKIE_BYTES}. Keep less in it, or take an external store.`,
    );
  }

  /**
   * The header that sets the cookie.
   *
   * @param maxAge - Seconds; `null` for a cookie that goes when the browser is closed.
   */
  set(value: string, maxAge: number | null, url: string): string {
    const life = maxAge === null ? "" : `; Max-Age=${maxAge}`;
    return `${this.name}=${value}${life}${this.#attributesFor(url)}`;
  }

  /** The header that deletes the cookie: browsers tell cookies apart by name, domain and path. */
  clear(url: string): string {
    return `${this.name}=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT${this.#attributesFor(url)}`;
  }

  /** Not every browser takes a Secure cookie from http://localhost. */
  #attributesFor(url: string): string {
    const isSecure = this.#isSecure && (this.#isSecureOnLoopback || !LOOPBACK.test(url));
    return isSecure ? `${this.#attributes}; Secure` : this.#attributes;
  }
}

function sameSiteOf(option: unknown): "Strict" | "Lax" | "None" | undefined {
  if (option === false) return undefined;
  switch (typeof option === "string" ? option.toLowerCase() : option) {
    case true:
    case "strict":
      return "Strict";
    case "lax":
      return "Lax";
    case "none":
      return "None";
    default:
      throw new TypeError(
        "The option cookieOptions.sameSite must be strict, lax, none or a boolean.",
      );
  }
}

function assertBoolean(option: string, value: unknown): void {
  if (typeof value === "boolean") return;
  throw new TypeError(`The option cookieOptions.${option} must be true or false.`);
}

function assertAttribute(option: string, value: unknown, form: RegExp, what: string): void {
  const fits = typeof value === "string" && form.test(value) && value.length <= MAX_ATTRIBUTE_BYTES;
  if (fits) return;
  throw new TypeError(
    `The option cookieOptions.${option} must be ${what}, of at most ${MAX_ATTRIBUTE_BYTES} bytes.`,
  );
}
