import {
  ExternalStore,
  type BackendCall,
  type Insertion,
  type Replacement,
} from "../../../lib/index.js";
import type { Actor } from "./actor.js";
import type { History } from "./history.js";
import type { Model } from "./model.js";
import { decode } from "./records.js";
import { currentSecond } from "./times.js";

/** The longest timeout. It is never over in a run, so that only the schedule decides. */
const TIMEOUT_SECONDS = 3600;

interface Row {
  readonly text: string;
  /** The expiry in seconds since 1970. */
  readonly expires: number;
}

/** What the stores of all processes share. */
export interface Backend {
  readonly rows: Map<string, Row>;
  readonly model: Model;
  readonly history: History;
  /** Whether each reply takes a turn of its own, so that other steps come before it arrives. */
  readonly repliesTakeTurns: boolean;
}

/**
 * The store of one process. Each call waits for its turn, then happens immediately and is reported
 * to the model, if no fault is planned for it. The backend keeps expired rows and still returns
 * them, as a backend may, but does not update them.
 */
export class ScheduledStore extends ExternalStore {
  readonly #backend: Backend;

  constructor(backend: Backend) {
    super({ timeout: TIMEOUT_SECONDS });
    this.#backend = backend;
  }

  protected async read(key: string, call: BackendCall): Promise<string | null> {
    const { rows, model } = this.#backend;
    return this.#inTurn("read", key, call, (actor) => {
      model.inFlight.onRead(actor, key);
      return rows.get(key)?.text ?? null;
    });
  }

  protected async create(key: string, insertion: Insertion, call: BackendCall): Promise<boolean> {
    const { rows, model } = this.#backend;
    const text = await this.#inTurn("create", key, call, (actor) => {
      if (rows.has(key)) return null;
      rows.set(key, rowOf(insertion));
      model.onCreate(actor, key, insertion);
      return insertion.text;
    });
    return text !== null;
  }

  protected async update(key: string, next: Replacement, call: BackendCall): Promise<boolean> {
    const { rows, model } = this.#backend;
    const text = await this.#inTurn("update", key, call, (actor) => {
      const row = rows.get(key);
      if (row?.text !== next.expected || row.expires <= currentSecond()) return null;
      rows.set(key, rowOf(next));
      model.onUpdate(actor, key, next);
      return next.text;
    });
    if (text !== null) model.inFlight.onReply(call.ctx.platform, key);
    return text !== null;
  }

  protected async remove(key: string, call: BackendCall): Promise<void> {
    const { rows, model } = this.#backend;
    await this.#inTurn("remove", key, call, (actor) => {
      rows.delete(key);
      model.onRemove(actor, key);
      return null;
    });
  }

  /** @param happen - Returns the text that the call has read or written, if there is one. */
  async #inTurn(
    hook: string,
    key: string,
    { ctx }: BackendCall,
    happen: (actor: Actor) => string | null,
  ): Promise<string | null> {
    const actor: Actor = ctx.platform;
    await actor.lane.turn();
    const fault = actor.lane.nextFault();
    if (fault === undefined) {
      const text = this.#step(hook, key, actor, happen);
      if (this.#backend.repliesTakeTurns) await actor.lane.turn();
      return text;
    }
    actor.faults++;
    this.#backend.history.note(actor, hook, key, fault);
    const step = () => void this.#step(hook, key, actor, happen);
    if (hook !== "read" && fault === "half-fails") step();
    if (hook !== "read" && fault === "finishes late") actor.lane.postpone(step);
    throw new Error(`The backend call ${fault}.`);
  }

  #step(
    hook: string,
    key: string,
    actor: Actor,
    happen: (actor: Actor) => string | null,
  ): string | null {
    const { history, model } = this.#backend;
    try {
      const text = happen(actor);
      history.note(actor, hook, key, String(text));
      return text;
    } catch (error) {
      history.note(actor, hook, key, "violates a rule");
      model.violation ??= { error };
      throw error;
    }
  }
}

/** The row ends with its record, even if the write was slow. */
function rowOf({ text, ttl }: Insertion): Row {
  const stored = decode(text);
  const latest = stored.isTombstone ? Infinity : stored.expires;
  return { text, expires: Math.min(currentSecond() + ttl, latest) };
}
