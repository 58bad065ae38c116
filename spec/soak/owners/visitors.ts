import { setTimeout as sleep } from "node:timers/promises";
import type { Cookies, HeldCookie } from "./cookies.js";
import { any, between, chance } from "./random.js";

/** How the sessions are ended. */
export type Call = "all" | "others after a move" | "others" | "all when seen";

/** Requests begin within so many milliseconds before or after the call. */
export const WINDOW_MS = 12;

/** The clients of one round: what they do with the sessions of its owner. */
export class Visitors {
  readonly owner: string;
  /** Another owner. */
  readonly other: string;
  readonly call: Call;
  /** Whether the call has begun: what is handed out for a log-in from now on may live. */
  isCalled = false;
  readonly #cookies: Cookies;

  constructor(number: number, call: Call, cookies: Cookies) {
    this.owner = `owner-${number}`;
    this.other = `other-${number}`;
    this.call = call;
    this.#cookies = cookies;
  }

  /** Some visitors have a guest's session before. `undefined` if the log-in has failed. */
  async logIn(owner: string, cookie?: HeldCookie): Promise<HeldCookie | undefined> {
    const before = cookie ?? (chance(0.3) ? await this.#guest() : undefined);
    const { body, cookie: held } = await this.#cookies.visit(
      `/login?owner=${owner}`,
      before,
      (answer) =>
        owner === this.owner && (answer?.isCarriedOn ? before?.mustDie === true : !this.isCalled),
    );
    return body ? held : undefined;
  }

  /** A session whose owner changes: the index of the owner before still has its entry. */
  async beginChanged(): Promise<HeldCookie | undefined> {
    const held = await this.logIn(this.owner);
    if (!held) return undefined;
    const { body } = await this.#cookies.visit(`/change?owner=${this.other}`, held);
    return body ? held : undefined;
  }

  /** A request that is under way when the call begins, or begins meanwhile, and what follows it. */
  async flight(sessions: readonly HeldCookie[]): Promise<void> {
    await sleep(Math.random() * WINDOW_MS);
    const session = any(sessions);
    if (!session) return;
    // With its own requests, the caller could end or lose the session that must live.
    const isCaller = session === sessions[0] && this.call.startsWith("others");
    if (chance(0.15)) {
      await this.logIn(this.owner);
    } else if (chance(0.4) && (!isCaller || this.call === "others after a move")) {
      await this.#move(session, between(1, 3));
    } else if (chance(0.35) && !isCaller) {
      const kind = any(["login", "login", "logout", "change", "change"]);
      if (kind === "login") await this.logIn(this.owner, session);
      else await this.#cookies.visit(`/${kind}?owner=${this.other}`, session);
    } else {
      await this.#cookies.visit(any(["/save", "/update", "/"]), session);
    }
  }

  async #guest(): Promise<HeldCookie | undefined> {
    return (await this.#cookies.visit("/guest")).cookie;
  }

  async #move(session: HeldCookie, times: number): Promise<void> {
    let cookie: HeldCookie | undefined = session;
    for (let move = 1; move <= times && cookie; move++) {
      ({ cookie } = await this.#cookies.visit("/move", cookie));
    }
  }
}
