import { setTimeout as sleep } from "node:timers/promises";
import type { App } from "../../support/app.js";
import { Browser } from "../../support/browser.js";
import type { Seen } from "./app-under-load.js";
import type { UpdateFigures } from "./figures.js";
import type { Load } from "./load.js";

const ATTEMPTS = 25;
const PAUSE_MS = 200;
const AT_ONCE = 20;

/** Looks at all sessions of the load through another app, with a client of its own. */
export class FinalLook {
  unreadable = 0;
  readonly #site: App;
  readonly #load: Load;

  constructor(site: App, load: Load) {
    this.#site = site;
    this.#load = load;
  }

  /** Adds what is missing, foreign or revived to the findings of the load. */
  async take(): Promise<UpdateFigures> {
    const { counters, readers, travellers, ended, findings } = this.#load;
    const updates = { acknowledged: 0, failed: 0, final: 0, lost: 0, extra: 0 };
    const looks = [
      ...counters.map((counter) => async () => {
        updates.acknowledged += counter.acknowledged + counter.lost;
        updates.failed += counter.failed;
        updates.lost += counter.lost;
        if (!counter.hasSession) return;
        const count = await this.#countOf(counter.marker, counter.browser);
        if (count === "unreadable") return;
        updates.final += count;
        updates.lost += Math.max(0, counter.acknowledged - count);
        updates.extra += Math.max(0, count - counter.acknowledged - counter.failed);
      }),
      ...readers.map((reader) => async () => {
        if (reader.hasSession) await this.#countOf(reader.marker, reader.browser);
      }),
      ...travellers.map((traveller) => async () => {
        const { living } = traveller;
        if (living && !living.mayHaveEnded) await this.#countOf(living.marker, living.browser);
      }),
      ...ended.map((session) => async () => {
        const seen = await this.#read(session.cookie);
        if (seen?.marker && !session.isRevived) findings.revived++;
      }),
    ];
    const next = async () => {
      for (let look = looks.pop(); look; look = looks.pop()) await look();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
    return updates;
  }

  async #countOf(marker: string, browser: Browser): Promise<number | "unreadable"> {
    const seen = await this.#read(`session=${browser.cookie("session")}`);
    if (!seen) return "unreadable";
    const whose = this.#load.findings.whose(marker, seen);
    if (whose === "none") this.#load.findings.missing++;
    return whose === "own" ? seen.count! : 0;
  }

  async #read(cookie: string): Promise<Seen | undefined> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const response = await new Browser(this.#site).get("/read", { cookie });
      if (response.status === 200) return response.json() as Promise<Seen>;
      await sleep(PAUSE_MS);
    }
    this.unreadable++;
    return undefined;
  }
}
