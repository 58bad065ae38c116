import {
  ExternalStore,
  type BackendCall,
  type Insertion,
  type Replacement,
} from "../../../lib/index.js";
import { currentSecond, type Actor, type Model } from "./model.js";

interface Row {
  readonly text: string;
  /** The expiry in seconds since 1970. */
  readonly expires: number;
}

/**
 * A backend in which each call waits for its turn, then happens immediately and is reported to the
 * model. It keeps expired rows and still returns them, as a backend may, but does not update them.
 */
export class ScheduledStore extends ExternalStore {
  readonly rows: Map<string, Row> = new Map();
  readonly #model: Model;
  readonly #repliesTakeTurns: boolean;

  /**
   * @param repliesTakeTurns - Whether each reply takes a turn of its own, so that time can pass
   * before it arrives.
   */
  constructor(model: Model, repliesTakeTurns: boolean) {
    super();
    this.#model = model;
    this.#repliesTakeTurns = repliesTakeTurns;
  }

  protected async read(key: string, call: BackendCall): Promise<string | null> {
    return this.#inTurn(call, (actor) => {
      this.#model.onRead(actor, key);
      return this.rows.get(key)?.text ?? null;
    });
  }

  protected async create(
    key: string,
    { text, ttl }: Insertion,
    call: BackendCall,
  ): Promise<boolean> {
    return this.#inTurn(call, (actor) => {
      if (this.rows.has(key)) return false;
      this.rows.set(key, { text, expires: currentSecond() + ttl });
      this.#model.onCreate(actor, key, text);
      return true;
    });
  }

  protected async update(
    key: string,
    { text, ttl, expected }: Replacement,
    call: BackendCall,
  ): Promise<boolean> {
    return this.#inTurn(call, (actor) => {
      const row = this.rows.get(key);
      if (row?.text !== expected || row.expires <= currentSecond()) return false;
      this.rows.set(key, { text, expires: currentSecond() + ttl });
      this.#model.onUpdate(actor, key, text);
      return true;
    });
  }

  protected async remove(key: string, call: BackendCall): Promise<void> {
    return this.#inTurn(call, (actor) => {
      this.rows.delete(key);
      this.#model.onRemove(actor, key);
    });
  }

  async #inTurn<T>({ ctx }: BackendCall, step: (actor: Actor) => T): Promise<T> {
    const actor: Actor = ctx.platform;
    await actor.turn();
    const answer = step(actor);
    if (this.#repliesTakeTurns) await actor.turn();
    return answer;
  }
}
