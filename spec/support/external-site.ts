import { app, type App, type Routes } from "./app.js";
import { Browser } from "./browser.js";
import { EventLog } from "./event-log.js";
import type { ExternalBackend } from "./external-backends.js";

/** An app over an external backend, and a browser that has a session with the data `{ visits: 1 }`. */
export class ExternalSite {
  readonly backend: ExternalBackend;
  readonly log = new EventLog();
  /** A spec may replace a handler, and add others. */
  readonly routes: Routes = {
    "/": ({ session }) => session.data,
    "/visit": ({ session }) => void (session.data.visits = (session.data.visits ?? 0) + 1),
    "/login": async ({ session }) => {
      await session.regenerate();
      session.data.user = "ada";
    },
    "/logout": ({ session }) => session.destroy(),
  };
  readonly app: App;
  browser: Browser;
  /** The ID that the browser got with its first request. */
  oldId = "";

  /** Deletes all records of the backend. */
  static async over(backend: ExternalBackend): Promise<ExternalSite> {
    await backend.clear();
    const site = new ExternalSite(backend);
    await site.begin();
    return site;
  }

  private constructor(backend: ExternalBackend) {
    this.backend = backend;
    const options = { store: backend.open(), defaultSessionData: {}, onEvent: this.log.onEvent };
    this.app = app({ ...options, idleTimeout: 86_400 }, this.routes);
    this.browser = new Browser(this.app);
  }

  /** Begins the session of another browser. */
  async begin(): Promise<void> {
    this.browser = new Browser(this.app);
    await this.browser.get("/visit");
    this.oldId = this.newId!;
    this.log.clear();
  }

  /** The ID that the browser holds now. */
  get newId(): string | undefined {
    return this.browser.cookie("session");
  }

  /** A request that the browser sent when it still had the old ID. */
  late(path: string): Promise<Response> {
    return new Browser(this.app).get(path, { cookie: `session=${this.oldId}` });
  }

  /** The data of the session with this ID, as another process of the app finds them. */
  async behind(id: string | undefined): Promise<unknown> {
    const options = { store: this.backend.open(), defaultSessionData: {} };
    const other = app(options, { "/": ({ session }) => session.data });
    return (await new Browser(other).get("/", { cookie: `session=${id}` })).json();
  }

  /** The texts of all records and tombstones. */
  async texts(): Promise<string[]> {
    return [...(await this.backend.records()).values()];
  }
}
