import { expect } from "chai";
import type { SessionData } from "../../../lib/index.js";
import { applyTo, type Operation } from "./operations.js";
import type { Turn } from "./schedule.js";

/** A request as the backend sees it, with the effects that it has had there. */
export interface Actor {
  readonly name: string;
  readonly operation: Operation;
  readonly turn: Turn;
  /** The data that the request read first; `null` if there was no session. */
  loaded?: SessionData | null;
  /** The expiry of the record that it read last. */
  readUntil?: number;
  /**
   * Whether its operation has taken effect: the request has written it, or the loaded data already
   * contained it.
   */
  hasCommitted: boolean;
  /**
   * Whether a later read already contained its effect, written by another request. Then this
   * request does not have to write.
   */
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
 * The valid states of the backend: the sessions that are alive, by key. Each backend call must be a
 * valid step from one state to the next. Otherwise the hook that was just called fails the spec.
 * These rules hold:
 *
 * - A login starts a session.
 * - A regenerate() moves a session: all its data move to a new key, and the old key ends at the
 *   same moment.
 * - A request changes a session that is alive: it applies its operation to the newest data, at
 *   most once. A renewal does not change the data.
 * - No request writes to a session that has ended.
 * - The expiry of a session never moves backwards.
 * - A request may remove its own write if the reply arrived after the expiry of the record that the
 *   write replaced, because other requests may have seen the session as expired.
 */
export class Model {
  readonly #alive = new Map<string, Live>();
  /** Records whose ID no client knows yet, by the name of the request that regenerates. */
  readonly #drafts = new Map<string, { key: string; live: Live }>();

  /** The keys of the sessions that are alive. */
  get keys(): string[] {
    return [...this.#alive].filter(([, live]) => isAlive(live)).map(([key]) => key);
  }

  /** Fails if the backend holds a usable record that belongs to no session of the model. */
  expectNothingElseIn(rows: Map<string, { text: string }>): void {
    const usable = [...rows].filter(([, { text }]) => isAlive(decode(text))).map(([key]) => key);
    expect(usable, "the usable records").to.have.members(this.keys);
  }

  dataOf(key: string): SessionData | null {
    const live = this.#alive.get(key);
    return live && isAlive(live) ? live.data : null;
  }

  onRead(actor: Actor, key: string): void {
    const data = this.dataOf(key);
    actor.readUntil = this.#alive.get(key)?.expires ?? 0;
    const hasEffect = data !== null && isNoChange(data, actor);
    if (actor.loaded !== undefined) actor.hasMetItsEffect ||= hasEffect;
    else {
      actor.loaded = structuredClone(data);
      actor.hasCommitted = hasEffect;
    }
  }

  onCreate(actor: Actor, key: string, text: string): void {
    const live = decode(text);
    expect(actor.operation, "the operation that creates a record").to.be.oneOf([
      "log in",
      "regenerate",
    ]);
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
    else if (this.dataOf(key) !== null) this.#removeLateWrite(actor, key);
  }

  #change(actor: Actor, key: string, next: Live): void {
    const live = this.#alive.get(key);
    expect(
      live !== undefined && isAlive(live),
      "the request writes to a session that is alive",
    ).to.equal(true);
    const expected = structuredClone(live!.data);
    if (!actor.hasCommitted) applyTo(expected, actor.operation, actor.name);
    expect(next.data, `the data that the operation "${actor.operation}" writes`).to.deep.equal(
      expected,
    );
    expect(next.expires, "the expiry").to.be.at.least(live!.expires);
    this.#alive.set(key, next);
    actor.hasCommitted = true;
    actor.replaced = live!.expires;
  }

  #removeLateWrite(actor: Actor, key: string): void {
    expect(
      actor.replaced! <= currentSecond(),
      "the request removes its own write only if it came too late",
    ).to.equal(true);
    this.#alive.delete(key);
  }

  #end(actor: Actor, key: string): void {
    const live = this.#alive.get(key);
    expect(actor.operation, "the operation that ends a session").to.be.oneOf([
      "regenerate",
      "destroy",
    ]);
    expect(
      live !== undefined && isAlive(live),
      "the request ends a session that is alive",
    ).to.equal(true);
    this.#alive.delete(key);
    actor.hasCommitted = true;
    actor.replaced = live!.expires;
    if (actor.operation === "destroy") return;
    const draft = this.#drafts.get(actor.name);
    expect(draft?.live.data, "the data under the new ID").to.deep.equal(live!.data);
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
