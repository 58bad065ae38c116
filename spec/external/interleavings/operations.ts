import type { RequestContext } from "@hattip/compose";
import { SessionError, type SessionData } from "../../../lib/index.js";

/** What the requests do. `let expire` is no request: it moves the clock to the expiry. */
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

/** `log in` starts the session that the others use. `look` reads it for a check. */
export type Operation = (typeof OPERATIONS)[number] | "log in" | "look";

/** Applies an operation to the data of a session, for the handler and for the model. */
export function applyTo(data: SessionData, operation: Operation, by: string): void {
  if (operation === "log in") Object.assign(data, { a: "initial", b: "initial", n: 0 });
  if (operation === "change a") data.a = by;
  if (operation === "change b") data.b = by;
  if (operation === "delete a") delete data.a;
  if (operation === "update") data.n++;
}

/** The response body. It is `null` if there was no session; the handler then did nothing. */
export type Answer = { seen: SessionData; isRefused: boolean } | null;

/** The handler. It does not touch a fresh session, because that is not the session under test. */
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
