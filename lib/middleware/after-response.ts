import { SessionError } from "../errors.js";
import { isPlainObject } from "../records/plain-data.js";

/**
 * The data after the response has left: a body that is still streaming may read them, but no change
 * could be saved.
 */
export function readOnly<T extends object>(
  data: T,
  views: WeakMap<object, object> = new WeakMap(),
): T {
  const known = views.get(data);
  if (known) return known as T;
  const view = new Proxy(data, {
    get(target, key, receiver): unknown {
      const value: unknown = Reflect.get(target, key, receiver);
      return Array.isArray(value) || isPlainObject(value) ? readOnly(value, views) : value;
    },
    set: refuse,
    deleteProperty: refuse,
    defineProperty: refuse,
    setPrototypeOf: refuse,
    preventExtensions: refuse,
  });
  views.set(data, view);
  return view;
}

function refuse(): never {
  throw tooLate();
}

/** The error of a change that comes too late. */
export function tooLate(): SessionError {
  return new SessionError(
    "ERR_SESSION_RESPONSE",
    "The session can no longer be changed, because the response has left: its body is still streaming, or the request is over. Change ctx.session before the handler returns the response.",
  );
}

/** The error of `regenerate()`, if no response of this app reaches the client. */
export function passedOn(): SessionError {
  return new SessionError(
    "ERR_SESSION_RESPONSE",
    "The request has been passed on with ctx.passThrough(), so that no response of this app can bring the new ID to the client. Call regenerate() where the request is answered.",
  );
}

/** The error of a read, if no handler has read the session before. */
export function readTooLate(): SessionError {
  return new SessionError(
    "ERR_SESSION_RESPONSE",
    "No handler looked at the session before the response left, so the response does not say that it depends on the session, and caches may give it to others. Look at ctx.session before you return a stream that reads it.",
  );
}
