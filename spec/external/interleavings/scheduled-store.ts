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
import type { Owners } from "./owners.js";
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
  readonly owners: Owners;
  /** Whether the stores have the option `owner`. */
  readonly hasOwners: boolean;
  /** Whether sessions are bound to devices. */
  readonly bindsDevices: boolean;
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
    super({
      timeout: TIMEOUT_SECONDS,
      ...(backend.hasOwners && { owner: (data) => data.user }),
    });
    this.#backend = backend;
  }

  get owners(): Owners {
    return this.#backend.owners;
  }

  protected async read(key: string, call: BackendCall): Promise<string | null> {
    const { rows, model } = this.#backend;
    return this.#inTurn("read", key, call, (actor) => {
      if (actor.call?.isRunning) actor.call.onRead(key, model.entries.at(key));
      else model.inFlight.onRead(actor, key);
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
    const actor: Actor = call.ctx.platform;
    if (text !== null && !actor.call?.isRunning) model.inFlight.onReply(actor, key);
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

  protected override async link(
    owner: string,
    key: string,
    ttl: number,
    call: BackendCall,
  ): Promise<void> {
    await this.#inTurn("link", key, call, () => this.owners.link(owner, key, ttl));
  }

  protected override async unlink(owner: string, key: string, call: BackendCall): Promise<void> {
    await this.#inTurn("unlink", key, call, () => this.owners.unlink(owner, key));
  }

  protected override linked(owner: string, call: BackendCall): Promise<string[]> {
    return this.#inTurn("linked", owner, call, () => this.owners.linked(owner));
  }

  /** @param happen - Returns what the call has read or written, if there is something. */
  async #inTurn<T>(
    hook: string,
    key: string,
    { ctx }: BackendCall,
    happen: (actor: Actor) => T,
  ): Promise<T> {
    const actor: Actor = ctx.platform;
    await actor.lane.turn();
    const fault = actor.lane.nextFault();
    if (fault === undefined) {
      const text = this.#step(hook, key, actor, happen);
      if (this.#backend.repliesTakeTurns) await actor.lane.turn();
      return text;
    }
    actor.faults++;
    if (actor.call?.isRunning) actor.call.onFault(hook);
    this.#backend.history.note(actor, hook, key, fault);
    const step = () => void this.#step(hook, key, actor, happen);
    const isWrite = hook !== "read" && hook !== "linked";
    if (isWrite && (fault === "half-fails" || fault === "takes effect, and crashes")) step();
    if (isWrite && fault === "finishes late") actor.lane.postpone(step);
    if (fault.endsWith("crashes")) {
      actor.lane.crash();
      return new Promise(() => {});
    }
    throw new Error(`The backend call ${fault}.`);
  }

  #step<T>(hook: string, key: string, actor: Actor, happen: (actor: Actor) => T): T {
    const { history, model, owners, hasOwners } = this.#backend;
    try {
      const result = happen(actor);
      history.note(actor, hook, key, String(result));
      if (hasOwners) owners.look();
      return result;
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
