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

/**
 * The idle timeout of one session: seconds, `"browser"` for a cookie that the browser deletes when it
 * is closed, or `undefined` for the option `idleTimeout`.
 */
export type Lifetime = number | "browser" | undefined;

/**
 * The session of a request: `ctx.session`, or what `of(ctx)` of a `session()` returns. An app keeps
 * its values in `data`, and can add nothing to the session itself.
 *
 * Each property can throw the same errors as `data`.
 *
 * @example
 * ```ts
 * app.get("/", (ctx) => {
 *   ctx.session.data.visits += 1; // Saved before the response is sent.
 *   return text(`Visit ${ctx.session.data.visits}`);
 * });
 * ```
 */
export interface Session<Data extends object = SessionData> {
  /**
   * The data, a plain object: change it in place or replace it. Changes are saved before the response
   * is sent. After that, `data` is a read-only view, for a body that is still streaming.
   *
   * Stores that compare (Redis, memory) merge the changes of two requests to different top-level keys:
   * put facts that belong together under one key, or change them in one `update()`.
   *
   * @throws {SessionError} `ERR_SESSION_STORE` if the store cannot be reached.
   * `ERR_SESSION_DATA` if `data` is replaced by a value that is not a plain object.
   * `ERR_SESSION_RESPONSE` for a change after the response has been sent, and for a read after it if
   * no handler has read the session before.
   */
  data: Data;
  /** Whether the session began with this request. */
  readonly isFresh: boolean;
  /**
   * The ID under which an external store keeps the session: a hash of what the client holds. It is no
   * credential, so it may appear in logs and lists. `undefined` for a fresh session, and in a cookie
   * store.
   */
  readonly id: string | undefined;
  /**
   * When the session began, or was last moved by `regenerate()`: seconds since 1970. `undefined` for
   * a fresh session.
   */
  readonly created: number | undefined;
  /**
   * When the session ends if no later request uses it: seconds since 1970. It includes the renewal
   * that this response is going to make. `undefined` for a fresh session.
   */
  readonly expires: number | undefined;
  /**
   * Whether a browser has bound the session to its device: see `DeviceBinding`. Without the proof that
   * such a session needs, the client has a fresh one.
   */
  readonly isDeviceBound: boolean;
  /**
   * The idle timeout of this session, if it differs from the option `idleTimeout`: seconds, up to
   * `absoluteTimeout`, or `"browser"` for a cookie that the browser deletes when it is closed. The
   * session keeps it until it ends.
   *
   * @example
   * ```ts
   * ctx.session.lifetime = form.get("remember") ? 30 * 86_400 : "browser";
   * ```
   *
   * @throws {TypeError} for any other value.
   */
  lifetime: Lifetime;
  /**
   * Moves the session to a new ID, so that a client that knows only the old ID loses access. Call it
   * when a user is authenticated or gets more rights, and only then: it also starts the absolute
   * timeout anew, so calling it by the clock would keep a session alive for ever.
   *
   * In an external store, the session has moved when the promise resolves: from then on, no other
   * request can write to it, and `data` is what the store had at that moment. Make all changes of a
   * log-in after the call: before it, an assignment of the value that a key already has is no change.
   * Changes from before it are saved with the response, and are dropped if `regenerate()` rejects. The
   * response carries the new cookie, whatever its status.
   *
   * If another request has already moved the session (a double click on the login button), the
   * session is a fresh one afterwards, and the user can be logged in to it.
   *
   * @example
   * ```ts
   * await ctx.session.regenerate();
   * ctx.session.data.userId = user.id;
   * ```
   *
   * @throws {SessionError} `ERR_SESSION_CONFLICT` if another request has ended the session, or has
   * changed it while this request has unsaved changes: a mixture of both might be a state that nobody
   * wrote. `ERR_SESSION_RESPONSE` after `ctx.passThrough()`. Otherwise the same codes as `destroy()`.
   */
  regenerate(): Promise<void>;
  /**
   * Ends the session. In an external store, it has ended when the promise resolves, even if another
   * request has moved it to a new ID. From this call on, `data` is fresh default data; a change of it
   * starts a new session. The response clears the cookie, whatever its status. A session that is bound to
   * a device is ended only from there: any other client just loses its cookie.
   *
   * @example
   * ```ts
   * app.post("/logout", async (ctx) => {
   *   await ctx.session.destroy();
   *   return new Response("Bye");
   * });
   * ```
   *
   * @throws {SessionError} `ERR_SESSION_STORE` if the store cannot be reached: the session may still
   * be alive. `ERR_SESSION_CONFLICT` if other requests have changed it at each attempt.
   * `ERR_SESSION_RESPONSE` if the response has been sent. If the handler does not await the promise,
   * the request fails with its error.
   */
  destroy(): Promise<void>;
  /**
   * Reads, changes and writes in one step. In an external store that compares (Redis, memory), the
   * change is committed when the promise resolves, and stays committed if the handler fails later. In
   * other stores, and in a fresh session, it is an ordinary change of `data`. An object inside `data`
   * that has changed is a new object afterwards: look it up again.
   *
   * @example
   * ```ts
   * await ctx.session.update((data) => {
   *   data.credits -= 1;
   * });
   * ```
   *
   * @param change - A synchronous function that changes its argument. It runs again, on newer data, if
   * another request has written first.
   * @throws {TypeError} for a `change` that is asynchronous, returns new data instead of changing
   * its argument, or calls `destroy()`, `regenerate()` or `update()`.
   * @throws {SessionError} `ERR_SESSION_CONFLICT` if every attempt met a conflict, or another request
   * has ended or moved the session meanwhile. `ERR_SESSION_DATA`, `ERR_SESSION_RECORD_TOO_LARGE`,
   * `ERR_SESSION_STORE` and `ERR_SESSION_RESPONSE` as for other changes.
   */
  update(
    // Not just void, for which TypeScript accepts every function, asynchronous ones, too.
    change: (data: Data) => void | string | number | boolean | null | (object & { then?: never }),
  ): Promise<void>;
}
