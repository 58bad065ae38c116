import { app, type App } from "./app.js";
import { Browser } from "./browser.js";
import { EventLog } from "./event-log.js";
import type { SessionOptions, SessionStore } from "../../lib/index.js";

/**
 * An app that changes its session as the path says: `/set?a=1&b=2`, `/delete?a`, `/count`,
 * `/regenerate?a=1`, `/set-and-regenerate?a=1`, `/destroy`. `/` returns the data, and `/nothing` does
 * not read the session.
 */
export class Notes {
  readonly log = new EventLog();
  readonly app: App;
  /** The next request runs this at the end of its handler, for example to act as a rival request. */
  meanwhile: () => unknown = () => {};

  constructor(store: SessionStore, options: Partial<SessionOptions> = {}) {
    this.app = app(
      { store, defaultSessionData: {}, onEvent: this.log.onEvent, ...options },
      {
        "/nothing": () => "nothing",
        "/": async ({ session }) => {
          const seen = structuredClone(session.data);
          await this.#meanwhile();
          return seen;
        },
        "/set": async ({ session, url }) => {
          Object.assign(session.data, Object.fromEntries(url.searchParams));
          await this.#meanwhile();
        },
        "/delete": async ({ session, url }) => {
          for (const key of url.searchParams.keys()) delete session.data[key];
          await this.#meanwhile();
        },
        "/count": async ({ session }) => {
          await session.update((data) => (data.count = (data.count ?? 0) + 1));
          return session.data;
        },
        "/regenerate": async ({ session, url }) => {
          await session.regenerate();
          Object.assign(session.data, Object.fromEntries(url.searchParams));
          await this.#meanwhile();
        },
        "/set-and-regenerate": async ({ session, url }) => {
          Object.assign(session.data, Object.fromEntries(url.searchParams));
          await session.regenerate();
          await this.#meanwhile();
        },
        "/destroy": async ({ session }) => {
          await session.destroy();
          await this.#meanwhile();
        },
      },
    );
  }

  /** A browser that has a session with this data. */
  async visitor(data: Record<string, string> = { a: "1" }): Promise<Browser> {
    const browser = new Browser(this.app);
    await browser.get(`/set?${new URLSearchParams(data)}`);
    this.log.clear();
    return browser;
  }

  /** The session data that a request with this session ID gets. */
  async behind(id: string): Promise<unknown> {
    return (await new Browser(this.app).get("/", { cookie: `session=${id}` })).json();
  }

  async #meanwhile(): Promise<void> {
    const { meanwhile } = this;
    this.meanwhile = () => {};
    await meanwhile();
  }
}
