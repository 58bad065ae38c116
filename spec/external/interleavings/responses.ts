import { SessionError } from "../../../lib/index.js";
import type { Actor } from "./actor.js";
import { needsProof } from "./bindings.js";
import { expectOneOf, expectSame, expectThat } from "./checks.js";
import { expectDeviceAnswer, expectOffer, expectUnproven, hasLostGrace } from "./device-answers.js";
import type { Model } from "./model.js";
import { applyTo, isForDevice, LOGINS, MOVES, STARTS, UPDATES } from "./operations.js";
import { keyOf } from "./records.js";
import type { Outcome } from "./site.js";
import { currentSecond, LATE_SECONDS } from "./times.js";

/** Checks a response against what its request has done in the backend. */
export function expectPlausible(outcome: Outcome, model: Model): void {
  const { actor, status, id } = outcome;
  const { answer, operation } = actor;
  if (id) expectOwnId(actor, id, model);
  if (isForDevice(operation)) return expectDeviceAnswer(outcome, model);
  expectOffer(outcome, model);
  if (actor.foundUnproven || hasLostGrace(actor)) return expectUnproven(outcome);
  if (answer?.seen) expectSame("the data that the handler saw", answer.seen, actor.loaded);
  if (actor.overdue !== undefined && actor.faults === 0) expectWithdrawn(actor, model);
  if (status !== 200) expectFailed(outcome, model);
  else if (operation === "destroy") expectDestroyed(outcome, model);
  else if (!answer?.seen) expectFresh(outcome);
  else if (!MOVES.includes(operation)) expectDone(outcome, model);
  else if (actor.moved) expectMoved(outcome, model);
  else expectSecondLogin(outcome, model);
}

/** A client gets the ID that it has sent (a renewal), or that of a record made by its request. */
function expectOwnId(actor: Actor, id: string, model: Model): void {
  if (id === actor.id) return;
  const entry = model.entries.at(keyOf(id));
  if (entry?.state === "live" || entry?.state === "ended") {
    expectThat(entry.maker === actor, "The client gets the ID of another request.");
  } else expectThat(false, `The client gets the ID of a ${entry?.state ?? "missing"} record.`);
}

/** Other requests may have found the session expired, so a write that came too late must not stay. */
function expectWithdrawn({ overdue, name }: Actor, model: Model): void {
  const live = model.entries.liveAt(overdue!);
  expectThat(live?.writer.name !== name, "A write that came too late stays.");
}

/** An error response. Then the operation may or may not have taken effect. */
function expectFailed({ actor, status, id }: Outcome, model: Model): void {
  const { error, answer, moved, faults } = actor;
  if (!(error instanceof SessionError)) throw error;
  if (error.code === "ERR_SESSION_STORE") {
    expectThat(faults > 0, "The request fails with the store although no call has failed.");
    expectThat(!isDone(actor), "The request fails although nothing but a renewal has failed.");
  } else if (error.code === "ERR_SESSION_CONFLICT") expectConflict(actor, model);
  else throw error;
  // The response carries the new ID whatever its status.
  const isTold = answer?.shown !== undefined || faults === 0;
  if (moved && (id !== undefined || (isTold && model.entries.liveAt(moved.to)))) {
    expectSame("the record of the new ID", id && keyOf(id), moved.to);
  } else expectOneOf("the cookie", id, [undefined, status === 409 ? actor.id : undefined]);
}

/** Whether only a renewal was left to be written when the handler had ended. */
function isDone({ operation, answer }: Actor): boolean {
  if (operation === "read") return answer !== undefined;
  return answer?.shown !== undefined && ["regenerate", ...UPDATES].includes(operation);
}

/** Another request has ended or changed the session. Then nothing is stored. */
function expectConflict(actor: Actor, model: Model): void {
  const { operation, isAwaited, key, hasMetChange, faults, moved } = actor;
  expectOneOf("the operation that meets a conflict", operation, [...UPDATES, ...MOVES]);
  const hasPending =
    operation === "change then regenerate" || (LOGINS.includes(operation) && !isAwaited);
  const isEnded = model.entries.liveAt(key) === null;
  const hasMoved = model.entries.at(key)?.state === "moved";
  const isJustified =
    actor.isLate ||
    actor.hasLostDraft ||
    (moved !== undefined && model.entries.liveAt(moved.to) === null) ||
    (isEnded && (UPDATES.includes(operation) || !hasMoved)) ||
    (hasPending && hasMetChange);
  expectThat(isJustified, "The request meets a conflict that there was not.");
  if (faults === 0 && !actor.isLate) {
    expectThat(!actor.hasCommitted, "The request was refused, but is stored.");
  }
}

function expectDestroyed({ actor, id }: Outcome, model: Model): void {
  const live = model.entries.liveBehind(actor.key);
  const isShutOut = actor.proof === undefined && needsProof(live?.binding);
  expectSame("the cookie after destroy()", id, "");
  expectThat(live === null || isShutOut, "The session is alive after destroy().");
  const destroyed = actor.log.types.filter((type) => type === "destroyed");
  if (actor.faults === 0) {
    expectSame("the number of events", destroyed.length, actor.hasEnded ? 1 : 0);
  }
}

/** The session had ended or moved before the request read it, or before the reply arrived. */
function expectFresh({ actor, id }: Outcome): void {
  const { operation, loaded, foundMove, log, hasCommitted } = actor;
  // A move whose age passed ten seconds between the read and its reply may count either way.
  const wasLate = foundMove !== undefined && foundMove.age < LATE_SECONDS;
  const isLate = wasLate && currentSecond() - foundMove.second < LATE_SECONDS;
  if (actor.id !== "") {
    expectThat(loaded === null || actor.isLate, "The request found no session, but there was one.");
    if (isLate === wasLate) expectSame("the event", log.types[0], isLate ? "gone" : "fresh");
  }
  const isStarted = STARTS.includes(operation) && hasCommitted;
  expectSame("whether the client gets an ID", id !== undefined, isStarted);
  if (STARTS.includes(operation) && !hasCommitted) {
    expectSame("the operation whose change is dropped", operation, "late request");
    expectThat(wasLate, "A change of a fresh session was dropped.");
  }
}

function expectMoved({ actor, id }: Outcome, model: Model): void {
  const { operation, answer, moved, log } = actor;
  // Another request may have ended the session. Then the client does not need the new ID.
  if (id !== undefined || model.entries.liveAt(moved!.to)) {
    expectSame("the record of the new ID", id && keyOf(id), moved!.to);
  }
  expectThat(log.types.includes("regenerated"), "There is no event regenerated.");
  if (answer!.shown) {
    const data = structuredClone(moved!.data);
    // Pending changes stay visible.
    if (operation === "change then regenerate") applyTo(data, actor);
    expectSame("the session after regenerate()", answer!.shown, { isFresh: false, data });
  }
  if (!actor.hasCommitted) expectDropped(actor, moved!.to, model);
}

/** Another request had moved the session first, so this one got a fresh session. */
function expectSecondLogin({ actor, id }: Outcome, model: Model): void {
  const { operation, isAwaited, key, answer, log, hasCommitted } = actor;
  const entry = model.entries.at(key);
  expectThat(
    entry?.state === "moved" && entry.by !== actor,
    "regenerate() has not moved the session, nor has another request.",
  );
  expectThat(log.types.includes("gone"), "There is no event gone.");
  if (answer!.shown) {
    expectSame("the session after regenerate()", answer!.shown, { isFresh: true, data: {} });
  }
  if (LOGINS.includes(operation) && isAwaited) {
    expectThat(hasCommitted, "The second login has not started a session.");
  }
  expectSame("whether the client gets an ID", id !== undefined, hasCommitted);
}

/** Reads, and changes of the session under its ID. */
function expectDone({ actor, id }: Outcome, model: Model): void {
  const { operation, answer, hasCommitted, committed, log } = actor;
  if (log.types.includes("gone")) {
    expectSame("the cookie", id, undefined);
    if (!UPDATES.includes(operation)) return expectDropped(actor, actor.key, model);
  }
  expectThat(hasCommitted || actor.hasMetItsEffect, "The acknowledged operation had no effect.");
  expectOneOf("the cookie", id, [undefined, actor.id]);
  if (!UPDATES.includes(operation)) return;
  if (answer!.hasTaken !== undefined) {
    expectSame("whether the token was taken", answer!.hasTaken, hasCommitted);
  }
  if (hasCommitted && answer!.shown) {
    const shown = { isFresh: false, data: committed };
    expectSame("the session after update()", answer!.shown, shown);
  }
}

/** A response that passes although its change was dropped: the session has ended. */
function expectDropped(actor: Actor, key: string, model: Model): void {
  expectThat(actor.log.types.includes("gone"), "A change was dropped without the event gone.");
  const isOver = model.entries.liveAt(key) === null || actor.isLate;
  expectThat(isOver, "A change was dropped although the session is alive.");
}
