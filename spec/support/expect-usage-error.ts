import { expect } from "chai";
import { SessionError } from "../../lib/index.js";

/** Checks that the library reported a mistake of the app or the store, in a message with these words. */
export function expectUsageError(error: unknown, words = ""): asserts error is SessionError {
  expect(error).to.be.instanceOf(SessionError);
  expect(error).to.have.property("code", "ERR_SESSION_USAGE");
  expect((error as SessionError).message).to.include(words);
}
