import type { RequestContext } from "@hattip/compose";
import { SessionError, type Session, type SessionData } from "../../../lib/index.js";
import type { Actor } from "./actor.js";

/** What the requests do. Two of them are no requests: they only move the clock. */
export const OPERATIONS = [
  "read",
  "change a",
  "change b",
  "delete a",
  "update",
  "take a",
  "regenerate",
  "log in",
  "change then regenerate",
  "destroy",
  "late request",
  "let expire",
  "let ten seconds pass",
] as const;

/** `start` is the login that starts the session of the others. `look` reads it for a check. */
export type Operation = (typeof OPERATIONS)[number] | "start" | "look";

/** The operations that call `regenerate()`. */
export const MOVES: readonly Operation[] = ["regenerate", "log in", "change then regenerate"];
/** The operations that call `update()`. `take a` takes a one-time token. */
export const UPDATES: readonly Operation[] = ["update", "take a"];
/**
 * The operations that change a fresh session, so that it starts. A late request is a change that does
 * not look whether it has a session.
 */
export const STARTS: readonly Operation[] = [
  "start",
  "log in",
  "change then regenerate",
  "late request",
];
/** The other operations leave a fresh session alone, because it is not the session under test. */
const USES_OF_FRESH_SESSIONS: readonly Operation[] = [...STARTS, "regenerate", "destroy"];

/** A request and its operation. */
interface Doer {
  readonly operation: Operation;
  readonly name: string;
}

/**
 * Applies an operation to the data of a session, for the handler and for the model.
 *
 * A login sets `a` to the value that it has at the start: a three-way merge takes this for no
 * change, and could mix the login with another request's `a`.
 */
export function applyTo(data: SessionData, { operation, name: by }: Doer): void {
  if (operation === "start") Object.assign(data, { a: "initial", b: "initial", n: 0 });
  if (operation === "change a" || operation === "late request") data.a = by;
  if (operation === "change b") data.b = by;
  if (operation === "delete a" || operation === "take a") delete data.a;
  if (operation === "update") data.n = (data.n ?? 0) + 1;
  if (operation === "log in" || operation === "change then regenerate") {
    Object.assign(data, { a: "initial", b: by });
  }
}

/** Whether the operation would change nothing of these data. */
export function isNoChange(data: SessionData, doer: Doer): boolean {
  if (doer.operation === "regenerate" || doer.operation === "destroy") return false;
  const changed = structuredClone(data);
  applyTo(changed, doer);
  return isSame(changed, data);
}

export function isSame(a: SessionData, b: SessionData): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** What a handler has seen of its session. */
export interface Answer {
  /** The data at the start of the handler; `null` if the session was fresh. */
  readonly seen: SessionData | null;
  /** The data to which the handler applied its operation. */
  base?: SessionData;
  /** Whether `take a` found the token, when its callback ran last. */
  hasTaken?: boolean;
  /** The session after an awaited `regenerate()` or `update()`, before further changes. */
  shown?: { readonly isFresh: boolean; readonly data: SessionData };
}

/** The handler. What it sees, it notes in the actor, because an error response has no body. */
export async function handle({ session, platform }: RequestContext): Promise<Response> {
  const actor = platform as Actor;
  const { operation } = actor;
  const answer: Answer = {
    seen: session.isFresh ? null : structuredClone(session.data),
  };
  actor.answer = answer;
  if (session.isFresh && !USES_OF_FRESH_SESSIONS.includes(operation)) {
    return new Response();
  }
  if (operation === "change then regenerate") applyTo(session.data, actor);
  if (UPDATES.includes(operation)) actor.lane.beforeUpdate(actor);
  const call = callOf(actor, session, answer);
  if (call && actor.isAwaited) {
    try {
      await call;
    } catch (error) {
      if (!isConflict(error)) throw error;
      // The response of a handler that expects conflicts. It saves what is pending.
      actor.error = error;
      return new Response(null, { status: 409 });
    }
    answer.shown = { isFresh: session.isFresh, data: structuredClone(session.data) };
  }
  // A handler may do other work between a call that it does not await and its changes.
  if (call && !actor.isAwaited) await actor.lane.pause();
  if (!UPDATES.includes(operation) && operation !== "change then regenerate") {
    answer.base = structuredClone(session.data);
    applyTo(session.data, actor);
  }
  return new Response();
}

function isConflict(error: unknown): boolean {
  return error instanceof SessionError && error.code === "ERR_SESSION_CONFLICT";
}

/** Calls the method of the session that the operation is about, if there is one. */
function callOf(actor: Actor, session: Session, answer: Answer): Promise<void> | undefined {
  const { operation } = actor;
  if (MOVES.includes(operation)) return session.regenerate();
  if (operation === "destroy") return session.destroy();
  if (!UPDATES.includes(operation)) return undefined;
  return session.update((data) => {
    if (operation === "take a") answer.hasTaken = "a" in data;
    applyTo(data, actor);
  });
}
