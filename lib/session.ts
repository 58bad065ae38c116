/**
 * The data of a session. Declare your app's keys by augmenting this interface, in a file that has
 * an `import` or `export`: a file without one would replace the package's types.
 *
 * @example
 * ```ts
 * declare module "@hattip/session" {
 *   interface SessionData {
 *     userId?: string;
 *   }
 * }
 * ```
 */
export interface SessionData {}

/** Seconds without a request, `"browser"`, or `undefined` for the `idleTimeout` of all sessions. */
export type Lifetime = number | "browser" | undefined;

/**
 * `ctx.session`, or what `of(ctx)` of a `session()` returns. Nothing can be added to it: what an app
 * keeps goes into `data`.
 */
export interface Session<Data extends object = SessionData> {
  /**
   * The data: change it in place or replace it. Changes are saved before the response leaves. After
   * that `data` is a read-only view, for a body that is still streaming.
   *
   * In stores that compare, changes of two requests are merged per top-level key: facts that belong
   * together go under one key, or into one `update()`.
   *
   * @throws {SessionError} `ERR_SESSION_STORE` when the store could not be reached.
   * `ERR_SESSION_DATA` when `data` is replaced by a value that is not a plain object.
   * `ERR_SESSION_RESPONSE` for a change after the response has left, and for a read if no handler
   * looked at the session before.
   */
  data: Data;
  /**
   * Whether the session began with this request.
   *
   * @throws {SessionError} the same codes as a read of `data`.
   */
  readonly isFresh: boolean;
  /**
   * What an external store knows the session by: a hash of what the client holds. It is no
   * credential, so it may stand in logs and lists. `undefined` for a fresh session, and in a cookie
   * store.
   *
   * @throws {SessionError} the same codes as a read of `data`.
   */
  readonly id: string | undefined;
  /**
   * When the session began, or was last moved by `regenerate()`: seconds since 1970. `undefined` for
   * a fresh session.
   *
   * @throws {SessionError} the same codes as a read of `data`.
   */
  readonly created: number | undefined;
  /**
   * When the session ends if no later request uses it: seconds since 1970. If this response is going
   * to renew it, that is counted in. `undefined` for a fresh session.
   *
   * @throws {SessionError} the same codes as a read of `data`.
   */
  readonly expires: number | undefined;
  /**
   * How long this session may stay idle, if that differs from `idleTimeout`: seconds, up to the
   * `absoluteTimeout`, or `"browser"` for a cookie that the browser deletes when it is closed. The
   * session keeps this lifetime until the session ends.
   *
   * @example
   * ```ts
   * ctx.session.lifetime = form.get("remember") ? 30 * 86_400 : "browser";
   * ```
   *
   * @throws {TypeError} for any other value.
   * @throws {SessionError} the same codes as `data`.
   */
  lifetime: Lifetime;
  /**
   * Moves the session to a new ID, so that a client that knows only the old ID loses access, and
   * starts its absolute timeout anew: call it when a user is authenticated or gets more rights, and
   * only then. Called by a clock, it would defeat the absolute timeout.
   *
   * In an external store the session has moved when the promise resolves: no other request can write
   * to it from then on. `data` are what the store had at that moment. Make all changes of a log-in
   * after it: an assignment from before counts only if it changed something. Changes from before stay
   * unsaved until the response; if `regenerate()` rejects, they are dropped. The response carries the
   * new cookie, whatever its status.
   *
   * If another request has moved the session already (a double click on the login button), the
   * session is a fresh one afterwards, and can be logged in.
   *
   * @example
   * ```ts
   * await ctx.session.regenerate();
   * ctx.session.data.userId = user.id;
   * ```
   *
   * @throws {SessionError} `ERR_SESSION_CONFLICT` when another request has ended the session, or has
   * changed it and this request has unsaved changes: a mixture of both might be a state that nobody
   * wrote. `ERR_SESSION_RESPONSE` after `ctx.passThrough()`. Otherwise the same codes as `destroy()`.
   */
  regenerate(): Promise<void>;
  /**
   * Ends the session. In an external store it has ended when the promise resolves, even if another
   * request has moved it to a new ID. From this call on, `data` are fresh default data; changing them
   * starts a new session. The response clears the cookie, whatever its status.
   *
   * @example
   * ```ts
   * app.post("/logout", async (ctx) => {
   *   await ctx.session.destroy();
   *   return new Response("Bye");
   * });
   * ```
   *
   * @throws {SessionError} `ERR_SESSION_STORE` when the store could not be reached: the session is as
   * it was. `ERR_SESSION_CONFLICT` when other requests changed it at each attempt,
   * `ERR_SESSION_RESPONSE` when the response has left. If no handler waits for the promise, the
   * response is its error.
   */
  destroy(): Promise<void>;
  /**
   * Reads, changes and writes as one step. In an external store that compares, the change is
   * committed when the promise resolves, and it stays committed if the handler fails later. In
   * other stores it is an ordinary change of `data`. An object inside `data` that has changed is a
   * new object afterwards: look it up again.
   *
   * @example
   * ```ts
   * await ctx.session.update((data) => {
   *   data.credits -= 1;
   * });
   * ```
   *
   * @param change - Synchronous; changes its argument. It runs again, on newer data, when another
   * request has written first.
   * @throws {TypeError} for a `change` that is asynchronous, returns new data instead of changing
   * its argument, or calls `destroy()`, `regenerate()` or `update()`.
   * @throws {SessionError} `ERR_SESSION_CONFLICT` when every attempt met a conflict, or another
   * request has ended or moved the session meanwhile; `ERR_SESSION_DATA`, `ERR_SESSION_RECORD_TOO_LARGE`, `ERR_SESSION_STORE`
   * and `ERR_SESSION_RESPONSE` as for other changes.
   */
  update(
    // Not just void, for which TypeScript accepts every function, asynchronous ones, too.
    change: (data: Data) => void | string | number | boolean | null | (object & { then?: never }),
  ): Promise<void>;
}
