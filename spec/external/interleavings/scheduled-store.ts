import type { RequestContext } from "@hattip/compose";
import { ExternalStore } from "../../../lib/index.js";
import { currentSecond, type Actor, type Model } from "./model.js";

type Scheduled = RequestContext<Actor>;

interface Row {
  readonly text: string;
  /** Seconds since 1970. */
  readonly until: number;
}

/**
 * A backend each of whose calls waits for its turn, happens at once, and is told to the model. It
 * keeps rows whose time is over and answers with them, as backends may, but does not update them.
 */
export class ScheduledStore extends ExternalStore {
  readonly rows: Map<string, Row> = new Map();
  readonly #model: Model;
  readonly #answersTravel: boolean;

  /**
   * @param answersTravel - Whether each answer takes a turn of its own, so that time
   * can pass before it arrives.
   */
  constructor(model: Model, answersTravel: boolean) {
    super();
    this.#model = model;
    this.#answersTravel = answersTravel;
  }

  protected async read(key: string, { platform }: Scheduled): Promise<string | null> {
    return this.#inTurn(platform, () => {
      this.#model.onRead(platform, key);
      return this.rows.get(key)?.text ?? null;
    });
  }

  protected async create(
    key: string,
    text: string,
    ttl: number,
    { platform }: Scheduled,
  ): Promise<boolean> {
    return this.#inTurn(platform, () => {
      if (this.rows.has(key)) return false;
      this.rows.set(key, { text, until: currentSecond() + ttl });
      this.#model.onCreate(platform, key, text);
      return true;
    });
  }

  protected async update(
    key: string,
    text: string,
    ttl: number,
    expected: string,
    { platform }: Scheduled,
  ): Promise<boolean> {
    return this.#inTurn(platform, () => {
      const row = this.rows.get(key);
      if (row?.text !== expected || row.until <= currentSecond()) return false;
      this.rows.set(key, { text, until: currentSecond() + ttl });
      this.#model.onUpdate(platform, key, text);
      return true;
    });
  }

  protected async remove(key: string, { platform }: Scheduled): Promise<void> {
    return this.#inTurn(platform, () => {
      this.rows.delete(key);
      this.#model.onRemove(platform, key);
    });
  }

  async #inTurn<T>({ turn }: Actor, step: () => T): Promise<T> {
    await turn();
    const answer = step();
    if (this.#answersTravel) await turn();
    return answer;
  }
}
