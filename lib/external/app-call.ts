import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import type { Awaitable } from "../platform/awaitable.js";

/** The options of the methods that an app calls on its store. */
export interface AppCall {
  /** The request's context, for a store whose hooks or `getClient` use it. */
  readonly ctx?: RequestContext<any> | undefined;
}

interface Store {
  /** Whether a call needs the context of a request. */
  readonly needsContext: boolean;
  release?(ctx: RequestContext<any>): Awaitable<void>;
}

/**
 * Calls the backend for the app, and not for a session.
 *
 * @param example - How to pass the context, for the error.
 * @throws {TypeError} without a context, if the store needs one.
 */
export async function forApp<T>(
  store: object,
  ctx: RequestContext<any> | undefined,
  example: string,
  act: () => Promise<T>,
): Promise<T> {
  // Protected members: only this package uses them.
  const { needsContext } = store as Store;
  if (!ctx && needsContext) throw new TypeError(`Pass the context: store.${example}.`);
  try {
    return await act();
  } finally {
    await (store as Store).release?.(ctx!);
  }
}
