import type { Actor } from "./actor.js";
import { identifierOf, keyIn, macOf, needsProof, parseBinding } from "./bindings.js";
import { expectOneOf, expectSame, expectThat } from "./checks.js";
import type { Model } from "./model.js";
import { isConflict, STARTS } from "./operations.js";
import { keyOf, publicIdOf } from "./records.js";
import type { Outcome } from "./site.js";
import { CHALLENGE_SECONDS, currentSecond, PROOF_SECONDS, TOMBSTONE_TTL_SECONDS } from "./times.js";

const OVER = { continue: false };

/** Checks the answer to a request of the browser itself against what the request has found and done. */
export function expectDeviceAnswer(outcome: Outcome, model: Model): void {
  const { actor, status, id, offer, proof } = outcome;
  expectSame("the cookie of the session", id, undefined);
  expectSame("the offer", offer, undefined);
  expectSame("whether the handler was called", actor.answer, undefined);
  if (status !== 200) expectSame("the proof", proof, undefined);
  const isRegistration = actor.operation.startsWith("register");
  if (status === 503) expectUnavailable(outcome);
  else if (isRegistration && status === 200) expectBound(outcome);
  else if (isRegistration) expectRefused(outcome, model);
  else expectRefreshed(outcome);
}

function expectUnavailable({ actor }: Outcome): void {
  const hasFoundMove = !actor.operation.startsWith("register") && hasMoved(actor);
  expectThat(
    actor.faults > 0 || hasFoundMove,
    "The browser must come again although no call has failed.",
  );
}

/** The session is bound to this key, by this request or an earlier one. */
function expectBound(outcome: Outcome): void {
  const { actor } = outcome;
  const isStored = actor.hasCommitted || actor.hasMetItsEffect;
  expectThat(isStored, "A browser is told that its key is registered, but it is not stored.");
  expectProof(outcome, actor.foundBinding!);
}

/** The session had ended or moved, or has another key, or the challenge was too old. */
function expectRefused({ actor, status }: Outcome, model: Model): void {
  expectSame("the status of a registration", status, 403);
  const live = model.entries.liveAt(actor.key);
  const key = keyIn(live?.binding);
  const isJustified =
    actor.loaded === null ||
    actor.isLate ||
    live === null ||
    (key !== undefined && key !== actor.sent!.key) ||
    currentSecond() > actor.sent!.made + CHALLENGE_SECONDS;
  expectThat(isJustified, "A key is refused although the session is there and has no other.");
  if (actor.isLate || actor.faults > 0) return;
  expectThat(!actor.hasCommitted, "A key was refused, but is stored.");
}

function expectRefreshed(outcome: Outcome): void {
  const { actor, status, body, proof, challenge } = outcome;
  const { foundBinding, sent, operation } = actor;
  if (hasMoved(actor)) return expectSame("the status after a move", status, 503);
  const isOver = foundBinding === undefined || keyIn(foundBinding) !== sent!.key;
  // The reply may have arrived after the expiry.
  if (isOver || (actor.isLate && status === 200)) {
    expectSame("the proof for a session that is over", proof, undefined);
    return expectSame("the answer for a session that is over", [status, body], [200, OVER]);
  }
  const isTooOld = currentSecond() > sent!.made + CHALLENGE_SECONDS;
  if (operation === "refresh" && !isTooOld) return expectProof(outcome, foundBinding);
  expectSame("the status of a refresh without a good answer", status, 403);
  const { secret } = parseBinding(foundBinding);
  expectSame("the challenge", challenge, macOf("refresh", currentSecond(), secret));
}

function expectProof({ actor, status, body, proof }: Outcome, binding: string): void {
  const { key, made } = actor.sent!;
  const { secret } = parseBinding(binding);
  expectSame("the status", status, 200);
  expectSame("the proof", proof, macOf("proof", made + PROOF_SECONDS, secret));
  const { session_identifier: id } = body as { session_identifier: string };
  expectSame("the identifier of the key", id, identifierOf(key));
}

/** A request whose session is bound, and which had no proof: it must be that of a fresh visitor. */
export function expectUnproven({ actor, status, id }: Outcome): void {
  const { answer, operation, hasCommitted, hasEnded, faults, log } = actor;
  const hasStarted = STARTS.includes(operation) && hasCommitted;
  expectThat(!hasEnded, "A request without a proof ends a session.");
  if (status !== 200) {
    return expectThat(faults > 0, "A request without a proof fails although no call has failed.");
  }
  expectSame("what the handler saw", answer!.seen, null);
  const [event] = log.events;
  // The reply may have arrived after the expiry.
  const reasons = actor.isLate ? ["unproven", "expired"] : ["unproven"];
  expectOneOf("the first event", event?.type === "fresh" ? event.reason : event?.type, reasons);
  // A client that logs out loses the cookie, even where the session stays.
  if (operation === "destroy") expectSame("the cookie after destroy()", id, "");
  else expectSame("whether the client gets an ID", id !== undefined, hasStarted);
}

/** Whether the proof was not needed yet when the session was read, but was when the reply arrived. */
export function hasLostGrace({ answer, loaded, proof, foundBinding, isLate }: Actor): boolean {
  const isFresh = answer?.seen === null && loaded !== null && !isLate;
  return isFresh && proof === undefined && needsProof(foundBinding);
}

/** The response asks for a key if `regenerate()` has begun a session, or moved one that has no key. */
export function expectOffer({ actor, id, offer }: Outcome, model: Model): void {
  const entry = id && id !== actor.id ? model.entries.at(keyOf(id)) : undefined;
  const binding = entry?.state === "live" ? entry.binding : undefined;
  if (binding === undefined || keyIn(binding) !== undefined) {
    // Another request may have ended it meanwhile.
    if (entry?.state === "live") expectSame("the offer", offer, undefined);
    return;
  }
  const { secret } = parseBinding(binding);
  const challenge = `${publicIdOf(keyOf(id!))}.${macOf("registration", currentSecond(), secret)}`;
  // A regenerate() that has moved the session may then reject: the handler's data would be a mixture.
  // The client gets the new cookie, and nobody has been authenticated.
  const hasConflict = isConflict(actor.error);
  expectOneOf("the challenge", offer, hasConflict ? [challenge, undefined] : [challenge]);
}

/** Whether its tombstone says so: the browser keeps its key for the session under the new ID. */
function hasMoved({ foundMove }: Actor): boolean {
  return foundMove !== undefined && foundMove.age < TOMBSTONE_TTL_SECONDS;
}
