import type { Insertion, SessionData } from "../../../lib/index.js";
import type { Actor } from "./actor.js";
import { needsProof, parseBinding } from "./bindings.js";
import { expectBetween, expectOneOf, expectSame, expectThat } from "./checks.js";
import { Entries, type Draft, type Live } from "./entries.js";
import {
  applyTo,
  isForDevice,
  isSame,
  LOGINS,
  MOVES,
  regenerates,
  REGENERATIONS,
  STARTS,
} from "./operations.js";
import { decode, type Stored, type StoredRecord } from "./records.js";
import { RequestsInFlight } from "./requests-in-flight.js";
import {
  currentSecond,
  IDLE_TIMEOUT_SECONDS,
  LATE_SECONDS,
  TOMBSTONE_TTL_SECONDS,
} from "./times.js";

/**
 * The valid states of the backend. Each backend call must be a valid step from one state to the
 * next. Otherwise the hook that was just called fails the run. These rules hold:
 *
 * - A login without a session starts a session. So does a change of a fresh session; the session
 *   holds only what this request has set.
 * - A regenerate() first writes a draft under a new key. When it replaces the old record with a
 *   tombstone that names the draft, the draft must hold the newest data: the session has moved.
 * - A draft with an owner has a mark, which the request that has moved the session removes.
 * - A request changes a session that is alive: it applies its operation to the newest data, at
 *   most once. A renewal does not change the data. What a login sets goes to the new key only.
 * - A destroy() ends the session to which its ID leads, under the key where it lives. Which
 *   sessions a call for an owner may end is said in owner-call.ts.
 * - No request writes to a session that has ended or to a tombstone.
 * - The expiry of a record never moves backwards, and is never later than the idle timeout allows.
 * - A request may end the record that it has written itself if the reply arrived after the expiry
 *   of the record that the write replaced, because other requests may have seen the session as
 *   expired.
 *
 * - Where devices are bound, a session that begins by regenerate(), or moves, gets a new secret, unless it
 *   has a key: then it keeps all of its binding. A registration binds a session that has no key to its
 *   own, and changes nothing else. Nothing else changes a binding.
 * - A request that finds a bound session, or its tombstone, and has no proof that it needs, writes nothing
 *   to it.
 *
 * So each state is the result of some serial order of the committed operations.
 */
export class Model {
  /** The first violation of a rule. The library may handle the error that a hook threw for it. */
  violation: { readonly error: unknown } | undefined;
  readonly entries: Entries = new Entries();
  readonly inFlight: RequestsInFlight = new RequestsInFlight(this.entries);
  readonly #bindsDevices: boolean;
  readonly #secrets = new Set<string>();

  constructor(bindsDevices = false) {
    this.#bindsDevices = bindsDevices;
  }

  onCreate(actor: Actor, key: string, { text }: Insertion): void {
    const { data, created, expires, isDraft, binding } = recordIn(text);
    expectThat(this.entries.at(key) === undefined, "The new key is taken.");
    expectBetween("the creation", created, actor.startSecond, currentSecond());
    expectBetween("the expiry", expires, created, currentSecond() + IDLE_TIMEOUT_SECONDS);
    const held = { data, created, expires, binding, maker: actor };
    if (!isSame(data, ownDataOf(actor))) {
      expectOneOf("the operation that writes a draft", actor.operation, MOVES);
      expectThat(actor.moved === undefined, "The request has moved the session already.");
      this.entries.set(key, { ...held, state: "draft", isMarked: isDraft });
      return;
    }
    expectThat(!isDraft, "A session starts as a draft.");
    this.#expectMayStart(actor);
    this.#expectNewSecret(regenerates(actor.operation), binding);
    this.#commit(actor, data);
    this.entries.set(key, {
      ...held,
      state: "live",
      session: actor.name,
      writer: actor,
      isMarked: false,
    });
  }

  onUpdate(actor: Actor, key: string, { text, ttl }: Insertion): void {
    const stored = decode(text);
    const entry = this.entries.at(key);
    if (entry?.state === "draft") this.#rewriteDraft(actor, key, entry, stored);
    else if (!stored.isTombstone) this.#change(actor, key, stored);
    else {
      expectSame("the time to live of a tombstone", ttl, TOMBSTONE_TTL_SECONDS);
      expectBetween("the tombstone", stored.second, actor.startSecond, currentSecond());
      const live = this.#expectLive(key);
      if (actor.call?.isRunning && stored.successor === null)
        return this.#endForOwner(actor, key, live);
      if (stored.successor === null) this.#end(actor, key, live);
      else this.#move(actor, key, live, stored.successor, stored.second);
      actor.replaced = live.expires;
    }
  }

  onRemove(actor: Actor, key: string): void {
    const entry = this.entries.at(key);
    if (entry?.state === "draft") this.#removeDraft(actor, key, entry);
    else if (entry?.state === "moved") {
      const age = currentSecond() - entry.second;
      expectThat(age >= TOMBSTONE_TTL_SECONDS, "A tombstone is removed too early.");
    } else {
      const live = this.entries.liveAt(key);
      if (live) this.#end(actor, key, live);
    }
  }

  /** Fresh sessions that are changed become sessions, unless the request was only late. */
  #expectMayStart(actor: Actor): void {
    const { operation, key, answer, foundMove } = actor;
    expectOneOf("the operation that starts a session", operation, STARTS);
    expectThat(!actor.hasCommitted, "The request has already committed.");
    // If the reply arrived after the expiry, there was no session left to prove.
    if (actor.foundUnproven && !actor.isLate)
      expectOneOf("the operation that starts another session", operation, MOVES);
    if (operation === "late request") {
      expectThat(answer!.seen === null, "A change of a session starts another session.");
      const age = foundMove ? currentSecond() - foundMove.second : LATE_SECONDS;
      expectThat(age >= LATE_SECONDS, "A late request starts a session.");
    } else if (answer!.seen !== null) {
      const entry = this.entries.at(key);
      const isSecond = entry?.state === "moved" && entry.by !== actor;
      expectThat(isSecond, "A login starts a session although no other has moved its session.");
    }
  }

  #rewriteDraft(actor: Actor, key: string, draft: Draft, next: Stored): void {
    if (next.isTombstone && actor.call?.isRunning) {
      actor.call.onEndOfDraft(key, draft);
      draft.maker.hasLostDraft = true;
      return this.entries.set(key, { ...draft, state: "ended", session: undefined });
    }
    if (next.isTombstone) return this.#removeDraft(actor, key, draft);
    expectThat(draft.maker === actor, "The draft belongs to another request.");
    const { data, created, expires, isDraft, binding } = next;
    expectBetween("the expiry", expires, created, currentSecond() + IDLE_TIMEOUT_SECONDS);
    this.entries.set(key, { ...draft, data, created, expires, binding, isMarked: isDraft });
  }

  #removeDraft(actor: Actor, key: string, draft: Draft): void {
    expectThat(draft.maker === actor, "The draft belongs to another request.");
    this.entries.set(key, {
      state: "ended",
      session: undefined,
      maker: actor,
    });
  }

  /** The request that has moved the session removes the mark of the draft: that completes its move. */
  #confirm(actor: Actor, key: string, live: Live, next: StoredRecord): void {
    expectThat(live.maker === actor, "The draft belongs to another request.");
    expectSame("the draft", pick(next), pick(live));
    this.entries.set(key, { ...live, isMarked: false });
    actor.replaced = live.expires;
    if (REGENERATIONS.includes(actor.operation)) this.#commit(actor, next.data);
  }

  #change(actor: Actor, key: string, next: StoredRecord): void {
    const live = this.#expectLive(key);
    expectProven(actor);
    expectThat(!next.isDraft, "The record of a session becomes a draft.");
    if (live.isMarked) return this.#confirm(actor, key, live, next);
    const { data, created, expires } = next;
    const expected = structuredClone(live.data);
    // A token that was not found is not taken later.
    const applies = !actor.hasCommitted && writesAt(actor, key) && actor.answer?.hasTaken !== false;
    if (applies) {
      applyTo(expected, actor);
      if (LOGINS.includes(actor.operation)) {
        expectSame("the data that a login changes", live.data, actor.answer!.base);
      }
    }
    const title = `the data that the operation "${actor.operation}" writes`;
    expectSame(title, data, expected);
    expectSame("the creation", created, live.created);
    expectBetween("the expiry", expires, live.expires, currentSecond() + IDLE_TIMEOUT_SECONDS);
    expectBinding(actor, live, next);
    const { binding } = next;
    this.entries.set(key, { ...live, data, expires, binding, writer: actor });
    if (applies) this.#commit(actor, data);
    actor.replaced = live.expires;
    this.inFlight.onChange(key);
  }

  #move(actor: Actor, key: string, live: Live, to: string, second: number): void {
    const { operation, loaded } = actor;
    expectProven(actor);
    expectOneOf("the operation that moves a session", operation, MOVES);
    expectThat(actor.moved === undefined, "The request has moved the session already.");
    expectSame("the key that the session leaves", key, actor.key);
    if (operation === "change then regenerate") {
      expectSame("the data beside the pending changes", live.data, loaded);
    }
    const draft = this.entries.at(to);
    if (actor.hasLostDraft && draft?.state === "ended") {
      // Its session was to be spared, but only where it was.
      this.entries.set(key, { state: "moved", session: live.session, to, second, by: actor });
      actor.moved = { to, data: live.data };
      return;
    }
    if (draft?.state !== "draft") return expectThat(false, "The tombstone names no draft.");
    expectThat(draft.maker === actor, "The tombstone names the draft of another request.");
    const { data } = draft;
    expectSame("the data under the new ID", data, live.data);
    const isBound = live.binding !== undefined && parseBinding(live.binding).bound !== null;
    if (isBound) expectSame("the binding under the new ID", draft.binding, live.binding);
    else this.#expectNewSecret(true, draft.binding);
    const { session } = live;
    this.entries.set(key, { state: "moved", session, to, second, by: actor });
    this.entries.set(to, { ...draft, state: "live", session, writer: actor });
    actor.moved = { to, data: structuredClone(data) };
    if (REGENERATIONS.includes(operation) && !draft.isMarked) this.#commit(actor, data);
  }

  #endForOwner(actor: Actor, key: string, live: Live): void {
    actor.call!.onEnd(key, live);
    const { session, maker } = live;
    this.entries.set(key, { state: "ended", session, maker });
  }

  #end(actor: Actor, key: string, live: Live): void {
    const isOwnLateWrite = live.writer === actor && actor.replaced! <= currentSecond();
    if (!isOwnLateWrite) {
      expectProven(actor);
      if (actor.foundMove && actor.proof === undefined) {
        expectThat(!needsProof(live.binding), "A request without a proof follows a bound session.");
      }
      expectSame("the operation that ends a session", actor.operation, "destroy");
      expectSame("the session that ends", live.session, this.entries.sessionAt(actor.key));
      actor.hasEnded = true;
      actor.hasCommitted = true;
    }
    const { session, maker } = live;
    this.entries.set(key, { state: "ended", session, maker });
  }

  /** @param isWanted - Whether the browser must be asked for a key. */
  #expectNewSecret(isWanted: boolean, binding: string | undefined): void {
    expectSame("whether there is a binding", binding !== undefined, isWanted && this.#bindsDevices);
    if (binding === undefined) return;
    const { secret, bound } = parseBinding(binding);
    expectSame("the key of a new session", bound, null);
    expectThat(!this.#secrets.has(secret), "Two sessions have one secret.");
    this.#secrets.add(secret);
  }

  #commit(actor: Actor, data: SessionData): void {
    actor.committed = structuredClone(data);
    actor.hasCommitted = true;
  }

  #expectLive(key: string): Live {
    const live = this.entries.liveAt(key);
    expectThat(live !== null, "The request writes to a session that has ended.");
    return live!;
  }
}

function pick({ data, created, expires, binding }: Live | StoredRecord): Partial<Live> {
  return { data, created, expires, binding };
}

/** Only a registration may change the binding, once, and only of a session that has no key. */
function expectBinding(actor: Actor, live: Live, next: StoredRecord): void {
  if (!isForDevice(actor.operation)) {
    return expectSame("the binding that the request writes", next.binding, live.binding);
  }
  expectThat(actor.operation.startsWith("register"), "A refresh writes.");
  expectThat(!actor.hasCommitted, "A registration writes twice.");
  const { secret, bound } = parseBinding(live.binding!);
  expectSame("the key that a registration replaces", bound, null);
  const written = parseBinding(next.binding!);
  const own = { secret, key: actor.sent!.key };
  const { key, since } = written.bound!;
  expectSame("the binding that a registration writes", { secret: written.secret, key }, own);
  expectBetween("the registration", since, actor.startSecond, currentSecond());
  expectSame("the expiry that a registration writes", next.expires, live.expires);
}

function recordIn(text: string): StoredRecord {
  const stored = decode(text);
  expectThat(!stored.isTombstone, "The new record is a tombstone.");
  return stored as StoredRecord;
}

/** What a new session holds, if this request has started it. */
function ownDataOf(actor: Actor): SessionData {
  const data = {};
  applyTo(data, actor);
  return data;
}

/** Whether the request may apply its operation to the record under the key. */
function writesAt({ operation, key, moved }: Actor, to: string): boolean {
  return to === (MOVES.includes(operation) ? moved?.to : key);
}

function expectProven({ foundUnproven }: Actor): void {
  expectThat(!foundUnproven, "A request without a proof writes to a bound session, or ends it.");
}
