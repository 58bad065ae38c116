import type { App } from "../../support/app.js";
import { Browser } from "../../support/browser.js";
import type { Findings, Send } from "./findings.js";

let markers = 0;

/** A session that has ended: nobody may load it again. */
export interface EndedSession {
  readonly cookie: string;
  isRevived: boolean;
}

/** A visitor who comes, logs in, looks around, logs out and comes again. */
export class Traveller {
  readonly #browser: Browser;
  readonly #findings: Findings;
  readonly #send: Send;
  readonly #ended: EndedSession[];
  #marker = "";
  #next: "begin" | "login" | "read" | "logout" = "begin";
  #isBusy = false;
  /** After a failed login or logout, it is not known whether the session has ended. */
  #mayHaveEnded = false;

  constructor(site: App, findings: Findings, send: Send, ended: EndedSession[]) {
    this.#browser = new Browser(site);
    this.#findings = findings;
    this.#send = send;
    this.#ended = ended;
  }

  /** `undefined` if the visitor has no session. */
  get living(): { browser: Browser; marker: string; mayHaveEnded: boolean } | undefined {
    if (this.#next === "begin") return undefined;
    return { browser: this.#browser, marker: this.#marker, mayHaveEnded: this.#mayHaveEnded };
  }

  async step(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    await this.#step();
    this.#isBusy = false;
  }

  async #step(): Promise<void> {
    const step = this.#next;
    if (step === "begin") {
      this.#browser.forgetCookies();
      this.#marker = `traveller-${++markers}`;
      this.#mayHaveEnded = false;
    }
    const cookie = `session=${this.#browser.cookie("session")}`;
    const path = step === "begin" ? `/begin?marker=${this.#marker}&bytes=0` : `/${step}`;
    const seen = await this.#send(this.#browser, step, path);
    const whose = seen && this.#findings.whose(this.#marker, seen);
    if (whose === undefined) {
      if (step === "login" || step === "logout") this.#mayHaveEnded = true;
    } else if (whose !== "own") {
      if (whose === "none" && !this.#mayHaveEnded) this.#findings.missing++;
      this.#next = "begin";
    } else {
      if (step === "login" || step === "logout") this.#ended.push({ cookie, isRevived: false });
      if (step === "login") this.#mayHaveEnded = false; // it has a new ID
      this.#next = ({ begin: "login", login: "read", read: "logout", logout: "begin" } as const)[
        step
      ];
    }
  }
}
