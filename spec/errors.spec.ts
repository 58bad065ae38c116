import { expect } from "chai";
import { SessionError } from "../lib/index.js";
import { errorOfOtherBuild } from "./support/error-of-other-build.js";

describe("instanceof SessionError", () => {
  it("is true for an error of this build, and of the other build", () => {
    expect(new SessionError("ERR_SESSION_STORE", "down") instanceof SessionError).to.equal(true);
    expect(errorOfOtherBuild("ERR_SESSION_CONFLICT") instanceof SessionError).to.equal(true);
  });

  const others: Record<string, unknown> = {
    "an error with another name": Object.assign(new Error("x"), { code: "ERR_SESSION_STORE" }),
    "an error of this name with a code of another library": Object.assign(new Error("x"), {
      name: "SessionError",
      code: "ECONNREFUSED",
    }),
    "an error of this name without a code": Object.assign(new Error("x"), { name: "SessionError" }),
    "an object that is no error": { name: "SessionError", code: "ERR_SESSION_STORE" },
    null: null,
    undefined,
    "a string": "SessionError",
  };
  for (const [what, value] of Object.entries(others)) {
    it(`is false for ${what}`, () => expect(value instanceof SessionError).to.equal(false));
  }

  it("tells the errors of a subclass from those of this class", () => {
    class AppError extends SessionError {}
    const plain = new SessionError("ERR_SESSION_STORE", "down");
    const own = new AppError("ERR_SESSION_STORE", "down");
    expect([own instanceof SessionError, own instanceof AppError]).to.deep.equal([true, true]);
    expect(plain instanceof AppError).to.equal(false);
  });

  it("is true for an error of a subclass with a name of its own", () => {
    class NamedError extends SessionError {
      override readonly name: string = "NamedError";
    }
    const error = new NamedError("ERR_SESSION_STORE", "down");
    expect([error instanceof SessionError, error instanceof NamedError]).to.deep.equal([
      true,
      true,
    ]);
  });
});
