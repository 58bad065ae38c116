/** The session data of the demo. */
declare module "@hattip/session" {
  interface SessionData {
    /** The name of the user who is logged in. */
    name?: string;
    /** What the user has logged in with. */
    device?: string;
    count: number;
    notes: string[];
    /** The results of two concurrent requests. */
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
 * Validates the data of the unsigned store. Every client can write its cookie, so the data can be
 * anything.
 */
export function parseUntrusted(text: string): SessionData {
  const data: unknown = JSON.parse(text);
  if (typeof data !== "object" || data === null) throw new TypeError("The data are not an object.");
  const { name, device, notes, ...numbers } = data as Record<string, unknown>;
  if (name !== undefined && typeof name !== "string") throw new TypeError("name is not a string.");
  if (device !== undefined && typeof device !== "string") {
    throw new TypeError("device is not a string.");
  }
  if (!Array.isArray(notes) || !notes.every((note) => typeof note === "string")) {
    throw new TypeError("notes is not an array of strings.");
  }
  for (const key of ["count", "races", "counted", "left", "right"]) {
    if (!Number.isSafeInteger(numbers[key])) throw new TypeError(`${key} is not an integer.`);
  }
  return data as SessionData;
}
