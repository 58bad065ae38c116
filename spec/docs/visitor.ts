import { Cookie, CookieJar } from "tough-cookie";

/** Browsers and tough-cookie know no ports: all servers on localhost get the same cookies. */
const HOST = "http://localhost/";

/** Someone with a browser: a cookie jar, which the visited servers fill. */
export class Visitor {
  readonly #jar = new CookieJar();
  /** Every value that a server has set, by name: for a client that ignores expiries. */
  readonly received: Record<string, string> = {};

  /** @param cookies what the jar holds, by name */
  constructor(cookies: Record<string, string> = {}) {
    for (const [name, value] of Object.entries(cookies)) {
      this.#jar.setCookieSync(`${name}=${value}; Path=/`, HOST);
    }
  }

  /** What the jar holds, by name, as it is sent. */
  get cookies(): Record<string, string> {
    const cookies = this.#jar.getCookiesSync(HOST);
    return Object.fromEntries(cookies.map(({ key, value }) => [key, value]));
  }

  /** Answers with the text of a page, or the status of anything else. */
  async get(url: string): Promise<string> {
    return this.#answer(await this.#send("GET", url));
  }

  async post(url: string): Promise<string> {
    return this.#answer(await this.#send("POST", url));
  }

  /** Sends the requests at once, each with the cookies of now. */
  async getAtOnce(url: string, times: number): Promise<string[]> {
    const sent = Array.from({ length: times }, () => this.#send("GET", url));
    return Promise.all((await Promise.all(sent)).map((response) => this.#answer(response)));
  }

  #send(method: string, url: string): Promise<Response> {
    const cookie = this.#jar.getCookieStringSync(HOST);
    return fetch(url, { method, redirect: "manual", headers: { cookie } });
  }

  async #answer(response: Response): Promise<string> {
    for (const header of response.headers.getSetCookie()) {
      this.#jar.setCookieSync(header, HOST);
      const { key, value } = Cookie.parse(header)!;
      this.received[key] = value;
    }
    // express-session sends the head of a response before it saves the session, and the end after it.
    const text = await response.text();
    return response.ok ? text : String(response.status);
  }
}
