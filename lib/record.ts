/**
 * What a session holds. Say what yours does by augmenting it, in a file that has an `import` or
 * `export` (elsewhere this would replace the package's types).
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

/** `ctx.session` */
export interface Session {
  /**
   * The data: change it in place or replace it. What has changed is saved before the response
   * leaves. After that, it is a frozen copy.
   *
   * @throws {SessionError} `ERR_SESSION_STORE` when the store could not be reached; when it is
   * replaced, `ERR_SESSION_DATA` for what is no plain object and `ERR_SESSION_RESPONSE` when the
   * response is already finished.
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
   * `absoluteTimeout`, or `"browser"` for a cookie that goes when the browser is closed. It stays
   * with the session until it is ended.
   *
   * @example
   * ```ts
   * ctx.session.lifetime = form.get("remember") ? 30 * 86_400 : "browser";
   * ```
   *
   * @throws {TypeError} for anything else.
   * @throws {SessionError} `ERR_SESSION_STORE` when the store could not be reached,
   * `ERR_SESSION_RESPONSE` when the response is already finished.
   */
  lifetime: Lifetime;
  /**
   * Moves the data to a new ID, so that anyone who knew the old one is left behind: call it
   * at every change of privilege, a login above all. Done before the response leaves, not
   * when the promise resolves.
   *
   * @example
   * ```ts
   * await ctx.session.regenerate();
   * ctx.session.data.userId = user.id;
   * ```
   *
   * @throws {SessionError} as `destroy()`.
   */
  regenerate(): Promise<void>;
  /**
   * Ends the session. The store's record is removed, and the cookie cleared, before the
   * response leaves, not when the promise resolves. From here on `data` is fresh default data;
   * changing it starts a new session.
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
   * Reads, changes and writes as one step. In an external store that compares, the change has been
   * committed when the promise resolves, and stays whatever the handler does later. Elsewhere it
   * is an ordinary change of `data`. Objects within `data` that have changed are new ones
   * afterwards: look them up again.
   *
   * @example
   * ```ts
   * await ctx.session.update((data) => {
   *   data.credits -= 1;
   * });
   * ```
   *
   * @param change - Synchronous; changes its argument. It is run again on newer data when
   * another request was faster.
   * @throws {TypeError} for an asynchronous `change`.
   * @throws {SessionError} `ERR_SESSION_CONFLICT` when the attempts are used up or the session has
   * ended meanwhile; `ERR_SESSION_DATA`, `ERR_SESSION_RECORD_TOO_LARGE`, `ERR_SESSION_STORE` and
   * `ERR_SESSION_RESPONSE` as elsewhere.
   */
  update(change: (data: SessionData) => void): Promise<void>;
}

/** Seconds without a request, `"browser"`, or `undefined` for the `idleTimeout` of all sessions. */
export type Lifetime = number | "browser" | undefined;

/** The one kind of record that flows through every store. */
export interface SessionRecord {
  /**
   * The data as the store's `stringify` wrote them, behind the session's
   * own lifetime if it has one.
   */
  readonly text: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** Seconds since 1970: the first second at which the session is over. */
  readonly expires: number;
}

/** The clocks of two servers may differ by this much, in seconds. */
const CLOCK_SKEW = 60;

/** Seconds since 1970: the clock of this package. */
export function currentSecond(): number {
  return Math.floor(Date.now() / 1000);
}

/** Neither over nor from the future. The timeouts are enforced here and nowhere else. */
export function isAlive(
  { created, expires }: Omit<SessionRecord, "text">,
  absoluteTimeout: number,
): boolean {
  const now = currentSecond();
  return (
    now < expires &&
    now < created + absoluteTimeout &&
    created <= now + CLOCK_SKEW &&
    expires <= now + absoluteTimeout + CLOCK_SKEW
  );
}

/** Whether the two are one state of a record; its creation never changes. */
export function isSameRecord(a: SessionRecord, b: SessionRecord): boolean {
  return a.text === b.text && a.expires === b.expires;
}

/**
 * The record as text that a person can read: `1.<created>.<expires>.<data>`, where 1 is the
 * version of the format and the times are decimal seconds since 1970. It has one form only, so
 * that records compare as text.
 */
export function encodeRecord({ text, created, expires }: SessionRecord): string {
  return `1.${created}.${expires}.${text}`;
}

const RECORD = /^1\.(0|[1-9]\d{0,9})\.(0|[1-9]\d{0,9})\./;

/** `null` unless `encodeRecord` wrote it. */
export function decodeRecord(encoded: string): SessionRecord | null {
  const match = RECORD.exec(encoded);
  return (
    match && {
      text: encoded.slice(match[0].length),
      created: Number(match[1]),
      expires: Number(match[2]),
    }
  );
}
