import type { Cookie, Page } from "playwright-core";
import { cookie } from "@hattip/cookie";
import {
  DeviceBinding,
  session,
  type ExternalStore,
  type SessionMiddleware,
  type SessionOptions,
} from "../../lib/index.js";
import { answer, appOf, type App, type Routes } from "./app.js";
import type { BindingEvent, Device, DeviceBoundChromium } from "./device-bound-chromium.js";
import { EventLog } from "./event-log.js";
import { waitUntil } from "./wait-until.js";

export interface SiteOptions {
  readonly store: ExternalStore;
  readonly proofSeconds: number;
  /** Whether there is a second session, with the cookie name `staff`, which a user logs in to as well. */
  readonly hasStaff?: boolean;
}

/** The site that a visitor uses: it has a host name of its own, so that it shares no cookies and keys. */
export class DeviceBoundSite {
  readonly log = new EventLog();
  /** What each request has shown, in order: the name of the user, or "guest". */
  readonly shown: string[] = [];
  readonly store: ExternalStore;
  readonly #host: string;
  readonly #app: App;
  #port = 0;

  static async serve(
    chromium: DeviceBoundChromium,
    host: string,
    options: SiteOptions,
  ): Promise<DeviceBoundSite> {
    const site = new DeviceBoundSite(host, options);
    site.#port = await chromium.serve(site.#app);
    return site;
  }

  private constructor(host: string, options: SiteOptions) {
    this.#host = host;
    this.store = options.store;
    const common = { store: options.store, defaultSessionData: {}, onEvent: this.log.onEvent };
    const sessionOf = (more: Partial<SessionOptions> = {}): SessionMiddleware => {
      const deviceBinding = new DeviceBinding({ proofSeconds: options.proofSeconds });
      return session({ ...common, deviceBinding, ...more });
    };
    const own = sessionOf();
    const all = options.hasStaff === true ? [own, sessionOf({ cookieName: "staff" })] : [own];
    this.#app = appOf(
      (ctx) => (ctx.url.origin === this.origin ? undefined : page(ctx.url.pathname, this.origin)),
      cookie(),
      ...all,
      answer(this.#routes(all)),
    );
  }

  get origin(): string {
    return `https://${this.#host}:${this.#port}`;
  }

  /** Pages of this origin and the next one have links and forms that lead to the site. */
  get otherSite(): string {
    return `https://example.org:${this.#port}`;
  }

  get otherSubdomain(): string {
    return `https://other.example.com:${this.#port}`;
  }

  /** The errors that reached the app's error handler. */
  get errors(): unknown[] {
    return this.#app.errors;
  }

  /** The events of the log that tell of the binding. */
  get bindingEvents(): string[] {
    return this.log.types.filter((type) => /bind|bound|prove|proof|refresh/.test(type));
  }

  /** The types of the events in the log, each of them once. */
  get kinds(): string[] {
    return [...new Set(this.log.types)];
  }

  clear(): void {
    this.log.clear();
    this.shown.length = 0;
  }

  #routes(sessions: SessionMiddleware[]): Routes {
    const show: Routes[string] = (ctx) => {
      const views = sessions.map((one) => {
        const { data, isDeviceBound } = one.of(ctx);
        return `${data.user ?? "guest"}${isDeviceBound ? ", bound" : ""}`;
      });
      this.shown.push(views.join("; "));
      return page(ctx.url.pathname, this.origin, views.join("; "));
    };
    const logIn: Routes[string] = async (ctx) => {
      for (const one of sessions) {
        await one.of(ctx).regenerate();
        one.of(ctx).data.user = "ada";
      }
      return seeOther(this.origin);
    };
    return {
      "/": show,
      "/image": show,
      "/login": logIn,
      "/callback": async (ctx) => {
        await logIn(ctx);
        return show(ctx);
      },
      "/logout": async ({ session: its }) => {
        await its.destroy();
        return seeOther(this.origin);
      },
      // A log-in that ends the session of another user first.
      "/switch": async (ctx) => {
        await ctx.session.destroy();
        return logIn(ctx);
      },
      "/regenerate": async ({ session: its }) => {
        await its.regenerate();
        return seeOther(this.origin);
      },
    };
  }
}

/** A visitor with one tab, who looks at the site. */
export class DeviceBoundVisitor {
  readonly device: Device;
  readonly page: Page;
  readonly site: DeviceBoundSite;

  static async open(device: Device, site: DeviceBoundSite): Promise<DeviceBoundVisitor> {
    return new DeviceBoundVisitor(device, await device.context.newPage(), site);
  }

  private constructor(device: Device, tab: Page, site: DeviceBoundSite) {
    this.device = device;
    this.page = tab;
    this.site = site;
  }

  /** Another tab of the same browser. */
  openTab(): Promise<DeviceBoundVisitor> {
    return DeviceBoundVisitor.open(this.device, this.site);
  }

  /** Types the address of the page, and returns what the page shows. */
  async visit(path = "/"): Promise<string> {
    await this.page.goto(this.site.origin + path);
    return this.view();
  }

  /** What the page shows, as soon as it is one of the site's. */
  async view(): Promise<string> {
    return (await this.page.locator("output").textContent()) ?? "";
  }

  async press(button: string): Promise<void> {
    const loaded = this.page.waitForEvent("load");
    await this.page.getByRole("button", { name: button, exact: true }).click();
    await loaded;
  }

  /** Fills in the form, and resolves when the browser has registered its key. */
  async logIn(): Promise<void> {
    await this.visit();
    await this.press("/login");
    await this.isBound();
  }

  async isBound(): Promise<void> {
    await waitUntil("the registration", () => this.site.log.types.includes("bound"));
  }

  cookies(): Promise<Cookie[]> {
    return this.device.cookies(this.site.origin);
  }

  async cookie(name: string): Promise<string | undefined> {
    return (await this.cookies()).find((one) => one.name === name)?.value;
  }

  forgetProof(): Promise<void> {
    return this.device.forget("session-proof", this.site.origin);
  }

  /** Resolves with the next one: each call returns another one. */
  event(kind: "refresh" | "termination"): Promise<BindingEvent> {
    return this.device.event(kind, this.site.origin);
  }

  /** The refreshes so far. */
  get refreshes(): BindingEvent[] {
    return this.device
      .events(this.site.origin)
      .filter(({ refreshEventDetails }) => refreshEventDetails !== undefined);
  }

  /** The refreshes for which a request has waited. */
  get waitedFor(): BindingEvent[] {
    return this.refreshes.filter(
      ({ refreshEventDetails }) => !refreshEventDetails!.wasFullyProactiveRefresh,
    );
  }

  /** Forgets what has occurred so far. */
  clear(): void {
    this.device.forgetEvents(this.site.origin);
    this.site.clear();
  }
}

/** A page with links and forms to the site. Only those of the site itself show a user. */
function page(path: string, origin: string, view?: string): Response {
  const to = (target: string): string => origin + target;
  const buttons = ["/", "/login", "/logout", "/switch", "/regenerate", "/callback"].map(
    (target) => `<form method=post action="${to(target)}"><button>${target}</button></form>`,
  );
  const html = [
    `<!doctype html><title>${path}</title><link rel=icon href=data:,>`,
    view === undefined ? "" : `<output>${view}</output>`,
    `<a href="${to("/")}">link</a> <a href="${to("/")}" target=_blank rel=noreferrer>new tab</a>`,
    `<a href="${to("/#part")}">part</a> <a href="${to("/callback")}">log in</a>`,
    ...buttons,
  ];
  return new Response(html.join("\n"), { headers: { "content-type": "text/html" } });
}

function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } });
}
