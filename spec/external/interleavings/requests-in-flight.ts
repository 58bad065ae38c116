import type { Actor } from "./actor.js";
import { keyIn, needsProof } from "./bindings.js";
import { expectSame } from "./checks.js";
import type { Entries } from "./entries.js";
import { isForDevice, isNoChange, isSame, UPDATES } from "./operations.js";
import { currentSecond } from "./times.js";

/** Notes in the requests what they could see of the backend while they were under way. */
export class RequestsInFlight {
  readonly #entries: Entries;
  readonly #requests = new Set<Actor>();

  constructor(entries: Entries) {
    this.#entries = entries;
  }

  onBegin(actor: Actor): void {
    this.#requests.add(actor);
  }

  onEnd(actor: Actor): void {
    this.#requests.delete(actor);
  }

  onRead(actor: Actor, key: string): void {
    const entry = this.#entries.at(key);
    if (entry?.state === "live") actor.readUntil = entry.expires;
    if (actor.sent && entry?.state === "live") {
      actor.hasMetItsEffect ||= keyIn(entry.binding) === actor.sent.key;
    }
    if (actor.loaded !== undefined) return;
    expectSame("the key of the first read", key, actor.key);
    actor.loaded = structuredClone(this.#entries.dataAt(key));
    if (actor.loaded !== null) {
      actor.foundBinding = this.#entries.liveAt(key)!.binding;
      actor.foundUnproven =
        !actor.sent && actor.proof === undefined && needsProof(actor.foundBinding);
    }
    const mayChange = !actor.foundUnproven && !isForDevice(actor.operation);
    if (actor.loaded !== null && mayChange && isNoChange(actor.loaded, actor)) {
      actor.hasMetItsEffect = true;
      // An update() applies to the newest data, whatever has been loaded.
      actor.hasCommitted = !UPDATES.includes(actor.operation);
    }
    if (entry?.state === "moved") {
      const { second } = entry;
      actor.foundMove = { second, age: currentSecond() - second };
    }
  }

  /** An update() that changes nothing must find its effect in a state since the call. */
  onUpdateCall(actor: Actor): void {
    const data = this.#entries.dataAt(actor.key);
    actor.hasMetItsEffect = data !== null && isNoChange(data, actor);
  }

  /** The data under the key have changed. */
  onChange(key: string): void {
    const data = this.#entries.dataAt(key);
    if (data === null) return;
    for (const actor of this.#requests) {
      if (actor.key !== key || !actor.loaded) continue;
      actor.hasMetItsEffect ||= isNoChange(data, actor);
      actor.hasMetChange ||= !isSame(data, actor.loaded);
    }
  }

  /** The reply to a write has arrived. */
  onReply(actor: Actor, key: string): void {
    if (this.#entries.at(key)?.state === "draft" || actor.replaced! > currentSecond()) return;
    actor.overdue = actor.moved?.to ?? key;
  }
}
