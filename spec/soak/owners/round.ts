import { setTimeout as sleep } from "node:timers/promises";
import type { AppServer } from "./app-server.js";
import type { Backend } from "./backend.js";
import { Cookies, type HeldCookie } from "./cookies.js";
import type { Findings } from "./findings.js";
import { any, between, chance } from "./random.js";
import { Survivors } from "./survivors.js";
import { Visitors, WINDOW_MS } from "./visitors.js";

const CALLS = ["all", "all", "others after a move", "others", "all when seen"] as const;

const MAX_CALLS = 40;
const CALL_AGAIN_MS = 250;

/**
 * Some sessions of one owner, requests of them that are under way, and one call of `endSessionsOf()`.
 * When it has resolved, no session survives that was the owner's at the call.
 */
export class Round {
  readonly #backend: Backend;
  readonly #servers: () => readonly AppServer[];
  readonly #findings: Findings;
  readonly #cookies: Cookies;
  readonly #visitors: Visitors;
  readonly #survivors: Survivors;

  constructor(
    number: number,
    backend: Backend,
    servers: () => readonly AppServer[],
    findings: Findings,
  ) {
    this.#backend = backend;
    this.#servers = servers;
    this.#findings = findings;
    this.#cookies = new Cookies(servers, findings);
    this.#visitors = new Visitors(number, any(CALLS), this.#cookies);
    this.#survivors = new Survivors(this.#visitors.owner, this.#cookies, findings);
  }

  async run(): Promise<void> {
    const visitors = this.#visitors;
    const { owner, other } = visitors;
    const [sessions, stranger, changing, changed] = await Promise.all([
      Promise.all(Array.from({ length: any([1, 1, 1, 2, 3, 4]) }, () => visitors.logIn(owner))),
      visitors.logIn(other),
      visitors.logIn(other),
      chance(0.3) ? visitors.beginChanged() : undefined,
    ]);
    for (const held of [stranger, changed]) if (held) this.#mustLive(held, other);
    const begun = sessions.flatMap((session) => session ?? []);
    const flights = Array.from({ length: between(2, 7) }, () => visitors.flight(begun));
    await sleep((Math.random() * WINDOW_MS) / 2);
    const ended = await this.#end(flights, begun[0], changing);
    if (ended === undefined) this.#findings.violations.push(`${owner}: the call failed each time.`);
    this.#findings.ended += ended ?? 0;
    await this.#survivors.look();
    await Promise.all(flights);
    await this.#survivors.look();
    await this.#survivors.compareList();
    if (chance(0.2)) await this.#logInAgain();
    await this.#survivors.report(this.#backend, this.#servers(), visitors.call);
    this.#findings.rounds++;
  }

  /**
   * Calls `endSessionsOf()`, and returns how many sessions it has ended.
   *
   * @param caller the session of the request that calls it
   * @param changing a session of another owner, which becomes this owner's
   */
  async #end(
    flights: Promise<unknown>[],
    caller: HeldCookie | undefined,
    changing: HeldCookie | undefined,
  ): Promise<number | undefined> {
    const { owner, call } = this.#visitors;
    this.#visitors.isCalled = true;
    if (call === "all when seen" && changing) {
      flights.push(this.#cookies.visit(`/change?owner=${owner}`, changing));
      const path = `/end-all-when-seen?owner=${owner}&session=${changing.value}`;
      const { body } = await this.#cookies.send(path);
      if (typeof body?.ended === "number") {
        changing.mustDie = true;
        return body.ended;
      }
    }
    if (call.startsWith("others") && caller) {
      const moves = call === "others after a move";
      caller.mustDie = moves;
      const path = `/end-others?moves=${moves ? 1 : ""}`;
      const { body, cookie } = await this.#cookies.visit(path, caller, () => false);
      if (typeof body?.ended === "number") {
        this.#mustLive(cookie!, owner);
        return body.ended;
      }
      // Another request has moved the session, or the call has failed.
      for (const held of [caller, cookie]) if (held) held.mustDie = true;
    }
    return this.#endAll();
  }

  /** Calls it again, as long as the backend is broken. */
  async #endAll(): Promise<number | undefined> {
    for (let calls = 1; calls <= MAX_CALLS; calls++) {
      const { body } = await this.#cookies.send(`/end-all?owner=${this.#visitors.owner}`);
      if (body) return body.ended;
      this.#findings.repeatedCalls++;
      await sleep(CALL_AGAIN_MS);
    }
    return undefined;
  }

  /** The owner can log in again at once. */
  async #logInAgain(): Promise<void> {
    const held = await this.#visitors.logIn(this.#visitors.owner);
    if (!held) return;
    this.#mustLive(held, this.#visitors.owner);
    await this.#survivors.lookAt(held);
  }

  #mustLive(held: HeldCookie, owner: string): void {
    this.#survivors.living.set(held, owner);
  }
}
