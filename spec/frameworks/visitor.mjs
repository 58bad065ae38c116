import { CookieJar } from "tough-cookie";

/** A browser's cookie jar. */
export class Visitor {
  #origin;
  #jar = new CookieJar();

  constructor(origin) {
    this.#origin = origin;
  }

  /** @param onPart - Called for each part of the body. */
  async get(path, init = {}, onPart = () => {}) {
    const url = this.#origin + path;
    const response = await fetch(url, {
      redirect: "manual",
      signal: AbortSignal.timeout(10_000),
      ...init,
      headers: { cookie: this.cookies(path), ...init.headers },
    });
    const setCookies = response.headers.getSetCookie();
    for (const header of setCookies) this.#jar.setCookieSync(header, url);
    const parts = [];
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      parts.push(decoder.decode(chunk));
      onPart();
    }
    return {
      status: response.status,
      headers: response.headers,
      set: setCookies.map((header) => header.split("=")[0]),
      parts,
      text: parts.join(""),
    };
  }

  post(path, init = {}) {
    return this.get(path, { method: "POST", ...init });
  }

  cookies(path) {
    return this.#jar.getCookieStringSync(this.#origin + path);
  }

  /** What the home page says. */
  async greeting() {
    const { text } = await this.get("/");
    return /Hello, \w+: visit \d+/.exec(text)?.[0] ?? text;
  }
}
