import { SessionError, type SessionErrorCode } from "../../lib/index.js";

/** What a store from the other build of this package throws: its SessionError is another class. */
export function errorOfOtherBuild(code: SessionErrorCode): Error {
  const error = Object.assign(new Error("of the other build"), { name: "SessionError", code });
  if (error instanceof SessionError) throw new Error("This error is of the same build.");
  return error;
}
