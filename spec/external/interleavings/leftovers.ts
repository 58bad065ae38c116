import { expectSame, expectThat } from "./checks.js";
import type { Model } from "./model.js";
import { decode } from "./records.js";
import { currentSecond } from "./times.js";

/**
 * Checks what the backend holds when all requests have been answered. Only a request whose backend
 * calls have failed may leave a usable record whose ID no client holds.
 */
export function expectNoLeftovers(
  model: Model,
  rows: Map<string, { text: string }>,
  heldKeys: string[],
): void {
  const expected: string[] = [];
  const sessions: string[] = [];
  for (const [key, entry] of model.entries) {
    if (entry.state !== "live" && entry.state !== "draft") continue;
    if (entry.expires <= currentSecond()) continue;
    expected.push(key);
    if (entry.state === "live") sessions.push(entry.session);
    if (entry.state === "draft" || !heldKeys.includes(key)) {
      expectThat(entry.maker.faults > 0, `No client has the ID of a usable ${entry.state} record.`);
    }
  }
  const usable = [...rows].filter(([, { text }]) => isUsable(text)).map(([key]) => key);
  expectSame("the usable records", usable, expected);
  expectSame("the sessions that are alive", sessions, [...new Set(sessions)]);
}

function isUsable(text: string): boolean {
  const stored = decode(text);
  return !stored.isTombstone && currentSecond() < stored.expires;
}
