/** The session data of the demo. */
declare module "@hattip/session" {
  interface SessionData {
    count: number;
    notes: string[];
    /** The name of the user who is logged in. */
    name?: string;
    /** What the user has logged in with. */
    device?: string;
    /** The results of two concurrent requests. */
    left?: number;
    right?: number;
    shared?: number;
  }
}

import type { SessionData } from "@hattip/session";

export const emptyData: SessionData = { count: 0, notes: [] };

/**
 * Validates the data of the unsigned store. Every client can write its cookie, so the data can be
 * anything.
 */
export function parseUntrusted(text: string): SessionData {
  const data: unknown = JSON.parse(text);
  if (typeof data !== "object" || data === null) throw new TypeError("The data are not an object.");
  const { name, device, notes, count, left, right, shared } = data as Record<string, unknown>;
  for (const [key, value] of Object.entries({ name, device })) {
    if (value !== undefined && typeof value !== "string") {
      throw new TypeError(`${key} is not a string.`);
    }
  }
  if (!Array.isArray(notes) || !notes.every((note) => typeof note === "string")) {
    throw new TypeError("notes is not an array of strings.");
  }
  if (!Number.isSafeInteger(count)) throw new TypeError("count is not an integer.");
  for (const [key, value] of Object.entries({ left, right, shared })) {
    if (value !== undefined && !Number.isSafeInteger(value)) {
      throw new TypeError(`${key} is not an integer.`);
    }
  }
  return data as SessionData;
}
