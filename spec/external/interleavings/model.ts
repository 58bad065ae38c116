import { expect } from "chai";
import type { SessionData } from "../../../lib/index.js";
import { applyTo, type Operation } from "./operations.js";
import type { Turn } from "./schedule.js";

/** A request as the backend sees it, and what it has done there. */
export interface Actor {
  readonly name: string;
  readonly operation: Operation;
  readonly turn: Turn;
  /** The data of its session when it first read them; `null` when there were none. */
  loaded?: SessionData | null;
  /** The expiry of the record that it read last. */
  readUntil?: number;
  /**
   * Whether its operation has taken effect: it was written, or was the case already
   * when the session was loaded.
   */
  hasCommitted: boolean;
  /** Whether it met its effect, as another's, when it read again: then it need not write. */
  hasMetItsEffect: boolean;
  /** The expiry of the record that it replaced last. */
  replaced?: number;
}

interface Live {
  data: SessionData;
  expires: number;
}

/** `1.<created>.<expires>.<data>` */
const RECORD = /^1\.\d+\.(\d+)\.(.*)$/s;

/**
 * What may be in the backend: the sessions that are alive, by key. Each effect on the backend must
 * be a step from one such state to the next, or the hook that was just called fails the spec:
 *
 * - a session begins by a login, and when a regenerate moves one: the data go over whole, and the
 *   old key is dead at that moment;
 * - a session that is alive is changed by what an operation does (once) to the newest data,
 *   or not at all (a renewal);
 * - nobody writes to one that is over;
 * - its expiry never moves backwards;
 * - who learns of a write of his only after the expiry of what it replaced may take it back: others
 *   may have seen the session dead.
 */
export class Model {
  readonly #alive = new Map<string, Live>();
  /** Records that nobody knows the ID of yet, by the regenerate that wrote them. */
  readonly #drafts = new Map<string, { key: string; live: Live }>();

  /** The keys of the sessions that are alive. */
  get keys(): string[] {
    return [...this.#alive].filter(([, live]) => isAlive(live)).map(([key]) => key);
  }

  /** Fails for a record that could be used and that no session goes by. */
  expectNothingElseIn(rows: Map<string, { text: string }>): void {
    const usable = [...rows].filter(([, { text }]) => isAlive(decode(text))).map(([key]) => key);
    expect(usable, "what can be used").to.have.members(this.keys);
  }

  dataOf(key: string): SessionData | null {
    const live = this.#alive.get(key);
    return live && isAlive(live) ? live.data : null;
  }

  onRead(actor: Actor, key: string): void {
    const data = this.dataOf(key);
    actor.readUntil = this.#alive.get(key)?.expires ?? 0;
    const isAsWished = data !== null && isNoChange(data, actor);
    if (actor.loaded !== undefined) actor.hasMetItsEffect ||= isAsWished;
    else {
      actor.loaded = structuredClone(data);
      actor.hasCommitted = isAsWished;
    }
  }

  onCreate(actor: Actor, key: string, text: string): void {
    const live = decode(text);
    expect(actor.operation, "what creates records").to.be.oneOf(["log in", "regenerate"]);
    if (actor.operation === "regenerate") this.#drafts.set(actor.name, { key, live });
    else this.#alive.set(key, live);
  }

  onUpdate(actor: Actor, key: string, text: string): void {
    const next = decode(text);
    const draft = this.#drafts.get(actor.name);
    if (draft?.key === key) draft.live = next;
    else if (isAlive(next)) this.#change(actor, key, next);
    else this.#end(actor, key);
  }

  onRemove(actor: Actor, key: string): void {
    if (this.#drafts.get(actor.name)?.key === key) this.#drafts.delete(actor.name);
    else if (actor.operation === "destroy" && this.dataOf(key) !== null) this.#end(actor, key);
    else if (this.dataOf(key) !== null) this.#takeBack(actor, key);
  }

  #change(actor: Actor, key: string, next: Live): void {
    const live = this.#alive.get(key);
    expect(live !== undefined && isAlive(live), "writes to a session that is alive").to.equal(true);
    const expected = structuredClone(live!.data);
    if (!actor.hasCommitted) applyTo(expected, actor.operation, actor.name);
    expect(next.data, `what ${actor.operation} writes`).to.deep.equal(expected);
    expect(next.expires, "the expiry").to.be.at.least(live!.expires);
    this.#alive.set(key, next);
    actor.hasCommitted = true;
    actor.replaced = live!.expires;
  }

  #takeBack(actor: Actor, key: string): void {
    expect(actor.replaced! <= currentSecond(), "takes back what came too late").to.equal(true);
    this.#alive.delete(key);
  }

  #end(actor: Actor, key: string): void {
    const live = this.#alive.get(key);
    expect(actor.operation, "what ends sessions").to.be.oneOf(["regenerate", "destroy"]);
    expect(live !== undefined && isAlive(live), "ends a session that is alive").to.equal(true);
    this.#alive.delete(key);
    actor.hasCommitted = true;
    actor.replaced = live!.expires;
    if (actor.operation === "destroy") return;
    const draft = this.#drafts.get(actor.name);
    expect(draft?.live.data, "what moves to the new ID").to.deep.equal(live!.data);
    expect(draft!.live.expires, "the expiry").to.be.at.least(live!.expires);
    this.#drafts.delete(actor.name);
    this.#alive.set(draft!.key, draft!.live);
  }
}

function decode(text: string): Live {
  const [, expires, json] = RECORD.exec(text)!;
  return { expires: Number(expires), data: json === "" ? {} : JSON.parse(json!) };
}

function isAlive({ expires }: Live): boolean {
  return currentSecond() < expires;
}

export function currentSecond(): number {
  return Math.floor(Date.now() / 1000);
}

function isNoChange(data: SessionData, { operation, name }: Actor): boolean {
  if (operation === "regenerate" || operation === "destroy") return false;
  const changed = structuredClone(data);
  applyTo(changed, operation, name);
  return JSON.stringify(changed) === JSON.stringify(data);
}
