import { CookieJar } from "tough-cookie";

const FORM = "application/x-www-form-urlencoded";

/** Visits a server, sends forms, and keeps cookies as a browser does. */
export class FormVisitor {
  readonly #origin: string;
  readonly #jar = new CookieJar();
  /** The Set-Cookie header of the last response. */
  lastSetCookie = "";

  constructor(origin: string) {
    this.#origin = origin;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<string> {
    return this.#send(path, { headers });
  }

  post(path: string, body = "", headers: Record<string, string> = {}): Promise<string> {
    return this.#send(path, {
      method: "POST",
      body,
      headers: { ...headers, "content-type": FORM },
    });
  }

  /** The status and the body of the response. */
  async #send(path: string, { headers, ...init }: RequestInit): Promise<string> {
    const url = this.#origin + path;
    const cookie = this.#jar.getCookieStringSync(url);
    const response = await fetch(url, {
      redirect: "manual",
      ...init,
      headers: { ...(cookie ? { cookie } : {}), ...(headers as Record<string, string>) },
    });
    this.lastSetCookie = response.headers.getSetCookie().join();
    for (const header of response.headers.getSetCookie()) {
      this.#jar.setCookieSync(header, url, { ignoreError: true });
    }
    return `${response.status} ${await response.text()}`;
  }
}
