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

/** `ctx.session` */
export interface Session {
  /**
   * The data: change it in place or replace it. Changes are saved before the response leaves. After
   * that `data` is a frozen copy.
   *
   * @throws {SessionError} `ERR_SESSION_STORE` when the store could not be reached. When `data`
   * is replaced: `ERR_SESSION_DATA` for a value that is not a plain object, and
   * `ERR_SESSION_RESPONSE` when the response is already finished.
   */
  data: SessionData;
  /**
   * Whether the session began with this request.
   *
   * @throws {SessionError} `ERR_SESSION_STORE` when the store could not be reached.
   */
  readonly isFresh: boolean;
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
   * @throws {SessionError} `ERR_SESSION_STORE` when the store could not be reached,
   * `ERR_SESSION_RESPONSE` when the response is already finished.
   */
  lifetime: Lifetime;
  /**
   * Moves the data to a new ID, so that a client that knows only the old ID loses access: call it
   * at every change of privilege, a log-in above all. The store does this before the response
   * leaves, not when the promise resolves.
   *
   * @example
   * ```ts
   * await ctx.session.regenerate();
   * ctx.session.data.userId = user.id;
   * ```
   *
   * @throws {SessionError} the same codes as `destroy()`.
   */
  regenerate(): Promise<void>;
  /**
   * Ends the session. The store removes the record, and the response clears the cookie, before the
   * response leaves, not when the promise resolves. From this call on, `data` is fresh default
   * data; changing it starts a new session.
   *
   * @example
   * ```ts
   * app.post("/logout", async (ctx) => {
   *   await ctx.session.destroy();
   *   return new Response("Bye");
   * });
   * ```
   *
   * @throws {SessionError} `ERR_SESSION_STORE` when the store could not be reached,
   * `ERR_SESSION_RESPONSE` when the response is already finished.
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
   * @throws {TypeError} for an asynchronous `change`.
   * @throws {SessionError} `ERR_SESSION_CONFLICT` when every attempt met a conflict, or the session
   * has ended meanwhile; `ERR_SESSION_DATA`, `ERR_SESSION_RECORD_TOO_LARGE`, `ERR_SESSION_STORE`
   * and `ERR_SESSION_RESPONSE` as for other changes.
   */
  update(change: (data: SessionData) => void): Promise<void>;
}
