import { SessionError } from "../errors.js";
import { isPlainObject } from "../records/plain-data.js";

/**
 * The data after the response has left: a body that is still streaming may read them, but no change
 * could be saved.
 */
export function readOnly<T extends object>(data: T): T {
  return new Proxy(data, {
    get(target, key, receiver): unknown {
      const value: unknown = Reflect.get(target, key, receiver);
      return Array.isArray(value) || isPlainObject(value) ? readOnly(value) : value;
    },
    set: refuse,
    deleteProperty: refuse,
    defineProperty: refuse,
    setPrototypeOf: refuse,
    preventExtensions: refuse,
  });
}

function refuse(): never {
  throw tooLate();
}

export function tooLate(): SessionError {
  return new SessionError(
    "ERR_SESSION_RESPONSE",
    "The session can no longer be changed, because the response has left: its body is still streaming, or the request is over. Change ctx.session before the handler returns the response.",
  );
}
