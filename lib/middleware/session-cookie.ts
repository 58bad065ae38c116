import { MAX_ATTRIBUTE_BYTES, MAX_COOKIE_BYTES } from "../browser-limits.js";
import { SessionError } from "../errors.js";
import { assertNoUnknown, assertOption, assertOptions } from "../option-checks.js";

/**
 * The attributes of the session's cookie. By default `Path=/; HttpOnly; SameSite=Lax; Secure`,
 * without `Secure` on http://localhost and the loopback addresses.
 */
export interface SessionCookieOptions {
  /** The host that gets the cookie, with all its subdomains. Default: only the host that set it. */
  domain?: string | undefined;
  /** Whether the cookie is hidden from scripts. Default: `true`. */
  httpOnly?: boolean | undefined;
  /** Another name of the option `idleTimeout` of `session()`, in seconds. Give only one of them. */
  maxAge?: number | undefined;
  /**
   * Whether the browser keeps a separate cookie for each site that embeds this one (CHIPS). Needs
   * `secure`. Default: `false`.
   */
  partitioned?: boolean | undefined;
  /** The path under which the browser sends the cookie. Default: `"/"`. */
  path?: string | undefined;
  /** Chromium drops cookies of low priority first when there are too many. Default: not sent. */
  priority?: "low" | "medium" | "high" | undefined;
  /**
   * Which requests from other sites carry the cookie. `true` means `"strict"`; `"none"` needs
   * `secure`; without the attribute (`false`) the browser decides. Default: `"lax"`.
   */
  sameSite?: boolean | "lax" | "strict" | "none" | undefined;
  /**
   * Whether the browser sends the cookie over https only. Default: `true`, except on
   * http://localhost and the loopback addresses.
   */
  secure?: boolean | undefined;
}

/** RFC 6265bis, 4.1.3: browsers check what these prefixes of a name promise. */
const PREFIX = /^__(host-http|host|http|secure)-/i;
/** RFC 6265, 4.1.1: cookie-octets. */
const VALUE = /^[!#-+\--:<-[\]-~]+$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/;
/** RFC 6265, 4.1.1: av-octets, from the root. */
const PATH = /^\/[ -:<-~]*$/;
const DOMAIN = /^\.?[a-z\d]([a-z\d-]*[a-z\d])?(\.[a-z\d]([a-z\d-]*[a-z\d])?)*$/i;
const LOOPBACK = /^http:\/\/(([^/]*\.)?localhost|127(\.\d+){3}|\[::1\])(:\d+)?(\/|$)/i;

/** Writes the Set-Cookie headers of one cookie. Its attributes are checked and joined once. */
export class SessionCookie {
  readonly name: string;
  readonly #attributes: string;
  /** Not every browser accepts a Secure cookie from http://localhost. */
  readonly #attributesOnLoopback: string;

  /** @throws {TypeError} for a name or attributes that browsers would refuse. */
  constructor(name: string, options: SessionCookieOptions) {
    assertOptions("cookieOptions", options);
    const {
      domain,
      httpOnly = true,
      maxAge: _idleTimeout, // resolveOptions() reads it
      partitioned = false,
      path = "/",
      priority,
      sameSite: givenSameSite = "lax",
      secure,
      ...unknown
    } = options;
    assertNoUnknown("cookieOptions", unknown, "See SessionCookieOptions for those that it has.", {
      expires: "the option idleTimeout of session(), in seconds",
      name: "the option cookieName of session()",
    });
    const letters = "letters, digits and !#$%&'*+-.^_`|~ only, such as session";
    assertOption("cookieName", hasForm(name, TOKEN), letters);
    const sameSite = resolveSameSite(givenSameSite);
    for (const [option, value] of Object.entries({ httpOnly, partitioned, secure })) {
      const isRight = value === undefined || typeof value === "boolean";
      assertOption(`cookieOptions.${option}`, isRight, "true or false");
    }
    const most = `of at most ${MAX_ATTRIBUTE_BYTES} bytes`;
    assertOption("cookieOptions.path", hasForm(path, PATH), `a path from / without a ;, ${most}`);
    const isHost = domain === undefined || hasForm(domain, DOMAIN);
    assertOption("cookieOptions.domain", isHost, `a host name, ${most}`);
    const isPriority = [undefined, "low", "medium", "high"].includes(priority);
    assertOption("cookieOptions.priority", isPriority, "low, medium or high");
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
    const attributes =
      `; Path=${path}` +
      (domain === undefined ? "" : `; Domain=${domain}`) +
      (httpOnly ? "; HttpOnly" : "") +
      (sameSite === undefined ? "" : `; SameSite=${sameSite}`) +
      (partitioned ? "; Partitioned" : "") +
      (priority === undefined ? "" : `; Priority=${priority}`);
    this.#attributes = attributes + (secure === false ? "" : "; Secure");
    this.#attributesOnLoopback = attributes + (secure || needsSecure ? "; Secure" : "");
  }

  /** Whether browsers keep a cookie with this value, which is ASCII. */
  fits(value: string): boolean {
    return this.name.length + value.length <= MAX_COOKIE_BYTES;
  }

  /**
   * @throws {SessionError} `ERR_SESSION_COOKIE_TOO_LARGE` for a cookie that browsers would silently
   * drop. `ERR_SESSION_USAGE` for a value that the store's `seal` did not encode: a character such
   * as `;` would end the value and begin an attribute.
   */
  assertFits(value: string): void {
    if (!VALUE.test(value)) {
      throw new SessionError(
        "ERR_SESSION_USAGE",
        "The store's seal() returned characters that a cookie cannot hold. Encode the value, in base64url for example.",
      );
    }
    if (this.fits(value)) return;
    const bytes = this.name.length + value.length;
    throw new SessionError(
      "ERR_SESSION_COOKIE_TOO_LARGE",
      `The session's cookie takes ${bytes} bytes; browsers drop cookies over ${MAX_COOKIE_BYTES}. Store less data, or use an external store.`,
    );
  }

  /**
   * The header that sets the cookie.
   *
   * @param maxAge - Seconds; `null` for a cookie that the browser deletes when it is closed.
   */
  set(value: string, maxAge: number | null, url: string): string {
    const life = maxAge === null ? "" : `; Max-Age=${maxAge}`;
    return `${this.name}=${value}${life}${this.#attributesFor(url)}`;
  }

  /** The header that deletes the cookie: a browser identifies it by name, domain and path. */
  clear(url: string): string {
    return `${this.name}=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT${this.#attributesFor(url)}`;
  }

  #attributesFor(url: string): string {
    return LOOPBACK.test(url) ? this.#attributesOnLoopback : this.#attributes;
  }
}

function resolveSameSite(option: unknown): string | undefined {
  if (option === false) return undefined;
  const name = option === true ? "strict" : typeof option === "string" && option.toLowerCase();
  const known = ["Strict", "Lax", "None"].find((one) => one.toLowerCase() === name);
  assertOption("cookieOptions.sameSite", known !== undefined, "strict, lax, none or a boolean");
  return known;
}

/** Whether browsers keep an attribute, or a name, with this value. */
function hasForm(value: unknown, form: RegExp): boolean {
  return typeof value === "string" && form.test(value) && value.length <= MAX_ATTRIBUTE_BYTES;
}
