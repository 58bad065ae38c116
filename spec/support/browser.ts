import type { AdapterRequestContext, HattipHandler } from "@hattip/core";
import { Cookie, CookieJar } from "tough-cookie";

export interface BrowserOptions {
  /** Where relative paths lead to. */
  origin?: string;
  /** Give two browsers one jar, and they are two windows of one browser. */
  jar?: CookieJar;
  /** What the adapter hands over as `ctx.platform`, such as Workers' bindings. */
  platform?: unknown;
  /** What `ctx.env(name)` finds. */
  env?: Record<string, string>;
}

export interface BrowserRequest extends RequestInit {
  /** Sent as the Cookie header in place of the jar's; an empty one sends none. */
  cookie?: string;
}

/** Walks through an app as a browser does: sends the cookies it was given, keeps those it gets. */
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

  /** Takes the cookies at the time of the call, so that two of them may be under way at once. */
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
  cookie(name: string, path = "/"): string | undefined {
    const cookies = this.jar.getCookiesSync(new URL(path, this.#origin).href);
    return cookies.find((cookie) => cookie.key === name)?.value;
  }

  /** Puts a cookie into the jar, as a client may that forges one. */
  setCookie(name: string, value: string): void {
    this.jar.setCookieSync(`${name}=${value}; Path=/`, this.#origin);
  }

  forgetCookies(): void {
    this.jar.removeAllCookiesSync();
  }

  /** What a browser refuses (too large, `__Host-` with a Domain, …) it drops without a word. */
  #keep(header: string, url: string): void {
    const [pair = ""] = header.split(";", 1);
    // tough-cookie has no such limit; browsers count name and value, without the "=".
    if (Buffer.byteLength(pair) - 1 > 4096) return;
    const kept = Cookie.parse(header, { loose: true });
    if (!kept) return;
    if (typeof kept.maxAge === "number") {
      // tough-cookie counts it from when the cookie was last sent, browsers from when it was set.
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
    looseMode: true, // browsers take nameless cookies, too
    prefixSecurity: "silent", // __Host- and __Secure- are enforced
    rejectPublicSuffixes: false, // localhost is a site here
  });
}
