/** What a session of the demo holds. */
declare module "@hattip/session" {
  interface SessionData {
    /** Who is logged in. */
    name?: string;
    count: number;
    notes: string[];
    /** What the two requests of a race left behind. */
    races: number;
    counted: number;
    left: number;
    right: number;
  }
}

import type { SessionData } from "@hattip/session";

export const emptyData: SessionData = {
  count: 0,
  notes: [],
  races: 0,
  counted: 0,
  left: 0,
  right: 0,
};

/**
 * For the store whose cookie anybody can write: what comes back may be anything, so it is checked.
 */
export function parseUntrusted(text: string): SessionData {
  const data: unknown = JSON.parse(text);
  if (typeof data !== "object" || data === null) throw new TypeError("No object");
  const { name, notes, ...numbers } = data as Record<string, unknown>;
  if (name !== undefined && typeof name !== "string") throw new TypeError("name is no string");
  if (!Array.isArray(notes) || !notes.every((note) => typeof note === "string")) {
    throw new TypeError("notes are no strings");
  }
  for (const key of ["count", "races", "counted", "left", "right"]) {
    if (!Number.isSafeInteger(numbers[key])) throw new TypeError(`${key} is no number`);
  }
  return data as SessionData;
}
