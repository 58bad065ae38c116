import type { AdapterRequestContext, HattipHandler } from "@hattip/core";
import { Cookie, CookieJar } from "tough-cookie";

interface BrowserOptions {
  /** The origin of relative paths. */
  origin?: string;
  /** Two browsers that share a jar behave like two windows of one browser. */
  jar?: CookieJar;
  /** The value of `ctx.platform`, for example the bindings of a Worker. */
  platform?: unknown;
  /** The variables that `ctx.env(name)` returns. */
  env?: Record<string, string>;
}

interface BrowserRequest extends RequestInit {
  /** Replaces the jar's Cookie header. An empty string sends no header. */
  cookie?: string;
}

/** Uses an app as a browser does: it keeps the cookies that it receives and sends them back. */
export class Browser {
  readonly jar: CookieJar;
  readonly #app: HattipHandler<any>;
  readonly #origin: string;
  readonly #platform: unknown;
  readonly #env: Record<string, string>;

  constructor(app: HattipHandler<any>, options: BrowserOptions = {}) {
    this.jar = options.jar ?? newJar();
    this.#app = app;
    this.#origin = options.origin ?? "https://example.com";
    this.#platform = options.platform;
    this.#env = options.env ?? {};
  }

  async get(path: string, init?: BrowserRequest): Promise<Response> {
    return this.request(path, init);
  }

  async post(path: string, init?: BrowserRequest): Promise<Response> {
    return this.request(path, { method: "POST", ...init });
  }

  /** Reads the cookies at the time of the call, so that a spec can start two requests at once. */
  async request(path: string, { cookie, ...init }: BrowserRequest = {}): Promise<Response> {
    const url = new URL(path, this.#origin).href;
    const headers = new Headers(init.headers);
    const cookies = cookie ?? this.jar.getCookieStringSync(url);
    if (cookies !== "") headers.set("cookie", cookies);
    const response = await this.#app(this.#context(new Request(url, { ...init, headers })));
    for (const header of response.headers.getSetCookie()) this.#keep(header, url);
    return response;
  }

  /** The value of a cookie that this browser would send now. */
  cookie(name: string): string | undefined {
    const cookies = this.jar.getCookiesSync(new URL("/", this.#origin).href);
    return cookies.find((cookie) => cookie.key === name)?.value;
  }

  /** Puts a cookie into the jar, like a client that forges a cookie. */
  setCookie(name: string, value: string): void {
    this.jar.setCookieSync(`${name}=${value}; Path=/`, this.#origin);
  }

  forgetCookies(): void {
    this.jar.removeAllCookiesSync();
  }

  /** Silently drops a cookie that browsers reject: too large, `__Host-` with a Domain, … */
  #keep(header: string, url: string): void {
    const [pair = ""] = header.split(";", 1);
    // tough-cookie has no such limit. Browsers count the name and the value without the "=".
    if (Buffer.byteLength(pair) - 1 > 4096) return;
    const kept = Cookie.parse(header, { loose: true });
    if (!kept) return;
    if (typeof kept.maxAge === "number") {
      // tough-cookie counts Max-Age from the last use of the cookie. Browsers count it from when
      // the cookie was set.
      kept.expires = new Date(Date.now() + kept.maxAge * 1000);
      kept.maxAge = null;
    }
    this.jar.setCookieSync(kept, url, { ignoreError: true });
  }

  #context(request: Request): AdapterRequestContext {
    return {
      request,
      ip: "127.0.0.1",
      platform: this.#platform,
      env: (name) => this.#env[name],
      passThrough() {},
      waitUntil() {},
    };
  }
}

function newJar(): CookieJar {
  return new CookieJar(undefined, {
    looseMode: true, // browsers accept nameless cookies, too
    prefixSecurity: "silent", // the rules of __Host- and __Secure- are enforced
    rejectPublicSuffixes: false, // localhost may have cookies
  });
}
