import type { App } from "../../support/app.js";
import { Browser } from "../../support/browser.js";
import { waitUntil } from "../../support/wait-until.js";
import type { Seen } from "./app-under-load.js";
import { nowMs, type FailedRequest, type RequestKind, type SlowRequest } from "./figures.js";
import { Findings } from "./findings.js";
import { LatenessMeter } from "./lateness-meter.js";
import { messageOf } from "./message-of.js";
import { Resident } from "./resident.js";
import { TIMEOUT_SECONDS } from "./scenario.js";
import { slotOfRequest } from "./slot-of.js";
import { Traveller, type EndedSession } from "./traveller.js";

const TICK_MS = 20;
const MAX_AT_ONCE = 25;
const SLOW_MS = TIMEOUT_SECONDS * 1000 + 500;
/** Of ten requests, four read, three call `update()`, two are of travellers and one is of an ended session. */
const PATTERN = [
  "read",
  "update",
  "travel",
  "read",
  "ended",
  "update",
  "read",
  "travel",
  "update",
  "read",
] as const;

/** 50 requests a second, no matter how long each one takes. */
export class Load {
  readonly findings = new Findings();
  readonly errors: FailedRequest[] = [];
  readonly slow: SlowRequest[] = [];
  readonly meter = new LatenessMeter(TICK_MS);
  readonly readers: Resident[];
  readonly counters: Resident[];
  readonly travellers: Traveller[];
  readonly ended: EndedSession[] = [];
  requests = 0;
  readonly #burstReader: Resident;
  readonly #site: App;
  readonly #running = new Set<Promise<unknown>>();
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;

  /** @param burstBytes bytes of data in the session that `burst()` reads */
  constructor(site: App, burstBytes: number) {
    this.#site = site;
    const resident = (bytes: number) => new Resident(site, bytes, this.findings, this.#send);
    this.readers = Array.from({ length: 20 }, () => resident(0));
    this.counters = Array.from({ length: 10 }, () => resident(0));
    this.#burstReader = resident(burstBytes);
    this.travellers = Array.from(
      { length: 15 },
      () => new Traveller(site, this.findings, this.#send, this.ended),
    );
  }

  /** Gives the visitors their sessions. What fails meanwhile does not count. */
  async warmUp(): Promise<void> {
    const residents = [...this.readers, ...this.counters, this.#burstReader];
    await waitUntil("the sessions of all visitors", async () => {
      const waiting = residents.filter(({ hasSession }) => !hasSession);
      await Promise.all(waiting.map((one) => one.read()));
      if (residents.every(({ hasSession }) => hasSession)) return true;
      throw new Error(this.errors.at(-1)?.message);
    });
    this.errors.length = this.slow.length = this.meter.late.length = this.requests = 0;
  }

  start(): void {
    const startMs = this.meter.tick();
    this.#timer = setInterval(() => {
      // On a busy machine, timers are late: then several requests come at once.
      const due = Math.floor((this.meter.tick() - startMs) / TICK_MS);
      for (let i = 0; i < MAX_AT_ONCE && this.#ticks < due; i++) this.#tick();
      this.#ticks = due;
    }, TICK_MS);
  }

  /** Sends no more requests, and waits for those that are under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#running);
  }

  /** Reads one session many times at once. */
  burst(reads: number): void {
    for (let i = 0; i < reads; i++) this.#run(this.#burstReader.read());
  }

  #tick(): void {
    const tick = this.#ticks++;
    const round = Math.floor(tick / PATTERN.length);
    switch (PATTERN[tick % PATTERN.length]!) {
      case "read":
        return this.#run(this.readers[tick % this.readers.length]!.read());
      case "update":
        return this.#run(this.counters[(tick + round) % this.counters.length]!.update());
      case "travel":
        return this.#run(this.travellers[(tick + round) % this.travellers.length]!.step());
      case "ended":
        return this.#run(this.#visitEnded());
    }
  }

  #run(request: Promise<unknown>): void {
    this.#running.add(request);
    void request.finally(() => this.#running.delete(request));
  }

  /** Sends the ID of one of the last sessions that have ended. */
  async #visitEnded(): Promise<void> {
    const recent = this.ended.slice(-30);
    const session = recent[Math.floor(Math.random() * recent.length)];
    if (!session) return;
    const seen = await this.#send(new Browser(this.#site), "ended", "/read", session.cookie);
    if (seen?.marker && !session.isRevived) {
      session.isRevived = true;
      this.findings.revived++;
    }
  }

  readonly #send = async (
    browser: Browser,
    kind: RequestKind,
    path: string,
    cookie?: string,
  ): Promise<Seen | undefined> => {
    this.requests++;
    const slot = slotOfRequest(kind, cookie ?? `session=${browser.cookie("session")}`);
    const startMs = performance.now();
    const lateBeforeMs = this.meter.totalMs();
    const response = await browser.request(path, cookie === undefined ? {} : { cookie });
    const milliseconds = Math.round(performance.now() - startMs);
    const atMs = nowMs();
    // A request cannot end while the event loop of this process stands still, and the store waits for
    // as much longer.
    const lateMs = this.meter.totalMs() - lateBeforeMs;
    if (milliseconds > SLOW_MS + 2 * lateMs) this.slow.push({ atMs, kind, milliseconds });
    if (response.status === 200) return response.json() as Promise<Seen>;
    // Other requests may have failed in the same moment: there is one error for each.
    const message = messageOf(this.#site.errors.shift());
    this.errors.push({ atMs, kind, message, slot });
    return undefined;
  };
}
