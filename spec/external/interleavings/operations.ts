import type { RequestContext } from "@hattip/compose";
import { SessionError, type Session, type SessionData } from "../../../lib/index.js";
import type { Actor } from "./actor.js";
import { callForOwner } from "./owner-requests.js";

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

/** What requests do besides where sessions have owners. */
export const OWNER_OPERATIONS = [
  "log in as ada",
  "log in as bob",
  "become ada",
  "become bob",
  "become nobody",
  "end ada's sessions",
  "end ada's other sessions",
  "regenerate, end ada's other sessions",
  "end ada's session",
  "end bob's session",
  "list ada's sessions",
] as const;

/** What browsers themselves send where devices are bound. */
export const DEVICE_OPERATIONS = [
  "register",
  "register another key",
  "refresh",
  "ask for a challenge",
] as const;

/** The logins that start the sessions under test. */
export type Start = "start" | "start as ada" | "start as bob";

/** `look` reads a session for a check. */
export type Operation =
  | (typeof OPERATIONS)[number]
  | (typeof OWNER_OPERATIONS)[number]
  | (typeof DEVICE_OPERATIONS)[number]
  | Start
  | "look";

export const LOGINS: readonly Operation[] = ["log in", "log in as ada", "log in as bob"];
/** The operations that call `regenerate()`, and change nothing. */
export const REGENERATIONS: readonly Operation[] = [
  "regenerate",
  "regenerate, end ada's other sessions",
];
/** The operations that call `regenerate()`. */
export const MOVES: readonly Operation[] = [...REGENERATIONS, ...LOGINS, "change then regenerate"];
/** The operations that call `update()`. `take a` takes a one-time token. */
export const UPDATES: readonly Operation[] = ["update", "take a"];
/**
 * The operations that change a fresh session, so that it starts. A late request is a change that does
 * not look whether it has a session.
 */
export const STARTS: readonly Operation[] = [
  "start",
  "start as ada",
  "start as bob",
  ...LOGINS,
  "change then regenerate",
  "late request",
];
/** The other operations leave a fresh session alone, because it is not the session under test. */
const USES_OF_FRESH_SESSIONS: readonly Operation[] = [...STARTS, ...REGENERATIONS, "destroy"];
/** An administrator's requests, say. */
const WITHOUT_SESSION: readonly Operation[] = [
  "end ada's sessions",
  "end ada's session",
  "end bob's session",
  "list ada's sessions",
];

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
  if (operation.startsWith("start")) Object.assign(data, { a: "initial", b: "initial", n: 0 });
  if (operation === "change a" || operation === "late request") data.a = by;
  if (operation === "change b") data.b = by;
  if (operation === "delete a" || operation === "take a") delete data.a;
  if (operation === "update") data.n = (data.n ?? 0) + 1;
  if (LOGINS.includes(operation) || operation === "change then regenerate") {
    Object.assign(data, { a: "initial", b: by });
  }
  if (operation === "become nobody") delete data.user;
  const [, user] = /^(?:start as|log in as|become) (ada|bob)$/.exec(operation) ?? [];
  if (user) data.user = user;
}

/** Whether the operation would change nothing of these data. */
export function isNoChange(data: SessionData, doer: Doer): boolean {
  if (REGENERATIONS.includes(doer.operation) || doer.operation === "destroy") return false;
  const changed = structuredClone(data);
  applyTo(changed, doer);
  return isSame(changed, data);
}

export function isSame(a: SessionData, b: SessionData): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export function isForDevice(operation: Operation): boolean {
  return (DEVICE_OPERATIONS as readonly Operation[]).includes(operation);
}

/** Whether the handler calls `regenerate()`: it asks the browser for a key, also in a fresh session. */
export function regenerates(operation: Operation): boolean {
  return MOVES.includes(operation) || operation.startsWith("start");
}

/** Whether the request sends no ID. */
export function isWithoutSession(operation: Operation): boolean {
  return WITHOUT_SESSION.includes(operation);
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
export async function handle(ctx: RequestContext): Promise<Response> {
  const { session, platform } = ctx;
  const actor = platform as Actor;
  const { operation } = actor;
  const answer: Answer = {
    seen: session.isFresh ? null : structuredClone(session.data),
  };
  actor.answer = answer;
  if (isWithoutSession(operation)) await callForOwner(actor, ctx);
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
  if (operation.endsWith("ada's other sessions")) await callForOwner(actor, ctx);
  // A handler may do other work between a call that it does not await and its changes.
  if (call && !actor.isAwaited) await actor.lane.pause();
  if (!UPDATES.includes(operation) && operation !== "change then regenerate") {
    answer.base = structuredClone(session.data);
    applyTo(session.data, actor);
  }
  return new Response();
}

export function isConflict(error: unknown): boolean {
  return error instanceof SessionError && error.code === "ERR_SESSION_CONFLICT";
}

/** Calls the method of the session that the operation is about, if there is one. */
function callOf(actor: Actor, session: Session, answer: Answer): Promise<void> | undefined {
  const { operation } = actor;
  if (regenerates(operation)) return session.regenerate();
  if (operation === "destroy") return session.destroy();
  if (!UPDATES.includes(operation)) return undefined;
  return session.update((data) => {
    if (operation === "take a") answer.hasTaken = "a" in data;
    applyTo(data, actor);
  });
}
