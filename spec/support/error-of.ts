import { session, type SessionOptions } from "../../lib/index.js";

/** The error that `session()` throws for invalid options. */
export function errorOf(options: unknown): Error {
  try {
    session(options as SessionOptions);
  } catch (error) {
    return error as Error;
  }
  throw new Error("session() accepted the options");
}
