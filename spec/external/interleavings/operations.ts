import type { RequestContext } from "@hattip/compose";
import { SessionError, type SessionData } from "../../../lib/index.js";

/** What the requests do. Time passing is a party like them. */
export const OPERATIONS = [
  "read",
  "change a",
  "change b",
  "delete a",
  "update",
  "regenerate",
  "destroy",
  "let expire",
] as const;

/** `log in` begins the session that the others are about, `look` ends the run. */
export type Operation = (typeof OPERATIONS)[number] | "log in" | "look";

/**
 * What an operation does to the data of a session: as a handler does it,
 * and as the model expects it.
 */
export function applyTo(data: SessionData, operation: Operation, by: string): void {
  if (operation === "log in") Object.assign(data, { a: "initial", b: "initial", n: 0 });
  if (operation === "change a") data.a = by;
  if (operation === "change b") data.b = by;
  if (operation === "delete a") delete data.a;
  if (operation === "update") data.n++;
}

/**
 * What a handler tells of its request: `null` when it was given no
 * session, and then it did nothing.
 */
export type Answer = { seen: SessionData; isRefused: boolean } | null;

/**
 * The handler. A fresh session stays untouched: it has nothing to do with the one
 * that the requests are about.
 */
export async function handle(
  { session }: RequestContext,
  operation: Operation,
  by: string,
): Promise<Answer> {
  if (session.isFresh && operation !== "log in") return null;
  const seen = structuredClone(session.data);
  let isRefused = false;
  if (operation === "regenerate") await session.regenerate();
  else if (operation === "destroy") await session.destroy();
  else if (operation === "update") isRefused = await session.update(increment).then(no, isConflict);
  else applyTo(session.data, operation, by);
  return { seen, isRefused };
}

function increment(data: SessionData): void {
  applyTo(data, "update", "");
}

const no = (): boolean => false;

function isConflict(error: unknown): boolean {
  if (error instanceof SessionError && error.code === "ERR_SESSION_CONFLICT") return true;
  throw error;
}
