import type { App } from "../../support/app.js";
import { Browser } from "../../support/browser.js";
import type { Seen } from "./app-under-load.js";
import type { Findings, Send } from "./findings.js";

let markers = 0;

/** A visitor who keeps one session. */
export class Resident {
  acknowledged = 0;
  failed = 0;
  lost = 0;
  marker = "";
  readonly browser: Browser;
  readonly #findings: Findings;
  readonly #send: Send;
  readonly #bytes: number;
  #state: "new" | "beginning" | "resident" = "new";

  constructor(site: App, bytes: number, findings: Findings, send: Send) {
    this.browser = new Browser(site);
    this.#bytes = bytes;
    this.#findings = findings;
    this.#send = send;
  }

  get hasSession(): boolean {
    return this.#state === "resident";
  }

  async read(): Promise<void> {
    if (!(await this.#begin())) return;
    const { marker } = this;
    const seen = await this.#send(this.browser, "read", "/read");
    if (seen) this.#check(marker, seen);
  }

  async update(): Promise<void> {
    if (!(await this.#begin())) return;
    const { marker } = this;
    const seen = await this.#send(this.browser, "update", "/update");
    if (marker !== this.marker) return; // the session was missing meanwhile, and is another one now
    if (!seen) this.failed++;
    else if (this.#check(marker, seen)) this.acknowledged++;
  }

  #check(marker: string, seen: Seen): boolean {
    const whose = this.#findings.whose(marker, seen);
    if (whose === "own") return true;
    // Of several requests at once, only the first one counts the missing session.
    if (whose === "none" && marker === this.marker && this.#state === "resident") {
      this.#findings.missing++;
      this.lost += this.acknowledged;
      this.acknowledged = this.failed = 0;
      this.#state = "new";
    }
    return false;
  }

  /** Whether there is a session: the first request of each visitor creates one. */
  async #begin(): Promise<boolean> {
    if (this.#state !== "new") return this.#state === "resident";
    this.#state = "beginning";
    this.browser.forgetCookies();
    this.marker = `resident-${++markers}`;
    const path = `/begin?marker=${this.marker}&bytes=${this.#bytes}`;
    const seen = await this.#send(this.browser, "begin", path);
    this.#state = seen ? "resident" : "new";
    return false;
  }
}
