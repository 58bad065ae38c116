import type { SessionErrorCode } from "../../lib/index.js";

/** What a store from the other build of this package throws: its SessionError is another class. */
export function errorOfOtherBuild(code: SessionErrorCode): Error {
  return Object.assign(new Error("of the other build"), { name: "SessionError", code });
}
