import { createHash } from "node:crypto";
import { DeviceBinding, type ExternalStore, type SessionOptions } from "../../lib/index.js";
import { app, type App, type Routes } from "./app.js";
import { BindingBrowser, challengeIn, partsOf } from "./binding-browser.js";
import { Browser } from "./browser.js";
import { EventLog } from "./event-log.js";

export const PROOF_SECONDS = 300;
export const PATH = "/.well-known/session-binding/session";
/** Requests without a proof pass for so long after the registration. */
export const GRACE_SECONDS = 10;

/** An app with device binding, and browsers that know the protocol. */
export class BoundSite {
  readonly log: EventLog = new EventLog();
  readonly store: ExternalStore;
  /** A spec may replace a handler, and add others. */
  readonly routes: Routes = {
    "/": ({ session: { data, isDeviceBound } }) => ({ ...data, isDeviceBound }),
    "/login": async ({ session }) => {
      await session.regenerate();
      session.data.user = "ada";
    },
    "/logout": ({ session }) => session.destroy(),
    "/regenerate": ({ session }) => session.regenerate(),
    "/save": ({ session, url }) => void (session.data.saved = url.search),
    "/update": ({ session, url }) =>
      session.update((data) => void (data.updated = url.search)).then(() => null),
    "/lifetime": ({ session }) => void (session.lifetime = 500),
    "/nothing": () => null,
  };
  readonly app: App;

  constructor(store: ExternalStore, options: Partial<SessionOptions> = {}) {
    this.store = store;
    const deviceBinding = new DeviceBinding({ proofSeconds: PROOF_SECONDS });
    this.app = app(
      { store, deviceBinding, onEvent: this.log.onEvent, idleTimeout: 86_400, ...options },
      this.routes,
    );
  }

  /** A browser whose user has logged in, and that has bound the session. */
  async owner(): Promise<BindingBrowser> {
    const browser = new BindingBrowser(this.app);
    await browser.post("/login");
    this.log.clear();
    return browser;
  }

  /** A browser whose user has logged in, and that has not answered the offer yet. */
  async unboundOwner(): Promise<BindingBrowser> {
    const browser = new BindingBrowser(this.app);
    // The request of its base class: it keeps cookies and knows no binding.
    const response = await Browser.prototype.request.call(browser, "/login", { method: "POST" });
    browser.offer = response.headers.get("secure-session-registration")!;
    this.log.clear();
    return browser;
  }

  /** Another machine with a copy of the browser's cookies. It has no key, and lets no cookie run out. */
  thiefOf(browser: Browser, names: readonly string[] = ["session", "session-proof"]): Browser {
    const thief = new Browser(this.app);
    for (const name of names) thief.setCookie(name, browser.cookie(name)!);
    return thief;
  }
}

/** What the site shows to a browser. */
export async function viewOf(browser: Browser): Promise<unknown> {
  return (await browser.get("/")).json();
}

/** The challenge of the browser's last offer: `<ID of the session>.<second>.<MAC>`. */
export function challengeOf({ offer }: BindingBrowser): string {
  return partsOf(offer!).challenge;
}

/** The `ctx.session.id` of a browser's session. It is no secret. */
export function sessionIdOf(browser: Browser): string {
  return createHash("sha256")
    .update(`session=${browser.cookie("session")}`)
    .digest("base64url");
}

/** A request such as the browser itself sends to register a key or to renew its proof. */
export function send(
  browser: Browser,
  headers: Record<string, string>,
  path: string = PATH,
): Promise<Response> {
  return Browser.prototype.request.call(browser, path, { method: "POST", headers });
}

/** The headers of a refresh of the session with this identifier. */
export function refreshHeaders(id: string, answer?: string): Record<string, string> {
  const named = { "sec-secure-session-id": `"${id}"` };
  return answer === undefined ? named : { ...named, "secure-session-response": answer };
}

/** A challenge for the browser's session, which everybody gets who has the cookies. */
export async function refreshChallenge(browser: Browser, id: string): Promise<string> {
  return challengeIn(await send(browser, refreshHeaders(id))) ?? "";
}

/** The value of the proof cookie that a response sets. */
export function proofIn(response: Response): string | undefined {
  const headers = response.headers.getSetCookie();
  return headers.flatMap((one) => /^session-proof=([^;]+)/.exec(one)?.[1] ?? [])[0];
}
