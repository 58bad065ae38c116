import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { assertNoUnknown, assertOptions } from "../option-checks.js";
import type { Awaitable } from "../platform/awaitable.js";
import type { SessionData } from "../session.js";
import type { SessionRecord } from "./record.js";
import { SessionCodec, type SerializationOptions } from "./session-codec.js";
import type {
  Found,
  LoadedSession,
  NextBinding,
  SavedSession,
  SessionScope,
  SessionStore,
  UpdatedSession,
} from "./store.js";

/** The methods that `session()` calls. `CookieStore` and `ExternalStore` implement them. */
const PROTOCOL = ["load", "save", "regenerate", "destroy", "applyUpdate", "loadById", "bindDevice"];

/**
 * The protocol between `session()` and every store. The methods marked as internal are complete and
 * final, and are left out of the published types: a subclass defines hooks only.
 *
 * A client's input never causes an exception: a throw means that the system or the app is at fault.
 */
export abstract class BaseStore<Data extends object = SessionData> implements SessionStore<Data> {
  readonly storeProtocol = 1 as const;
  /** @internal */
  readonly codec: SessionCodec;

  /** @throws {TypeError} for an option that neither this class nor the subclass knows. */
  constructor(options: SerializationOptions<Data> = {}) {
    assertOptions(new.target.name, options);
    const { stringify, parse, ...unknown } = options;
    assertNoUnknown(
      new.target.name,
      unknown,
      "Is it misspelt? A subclass takes its own options out before it calls super().",
    );
    this.codec = new SessionCodec({ stringify, parse } as SerializationOptions);
    assertProtocolIntact(new.target.prototype, new.target.name);
  }

  /** @internal The session that the value stands for, or the reason why it is rejected. */
  abstract load(value: string, scope: SessionScope): Awaitable<Found>;

  /**
   * @internal Writes a new session (`loaded` is `null`) or a changed one; `null` when the session
   * has ended meanwhile.
   */
  abstract save(
    loaded: LoadedSession | null,
    next: SessionRecord,
    scope: SessionScope,
  ): Awaitable<SavedSession | null>;

  /**
   * @internal Gives the session, as it is stored now, a new value, and starts its absolute timeout
   * anew. If the store can revoke values, the old one is dead when the promise resolves. `"moved"`
   * or `"ended"` when another request has moved or ended the session.
   *
   * @param hasPending - Whether the handlers have changed something that is not saved.
   * @throws {SessionError} `ERR_SESSION_CONFLICT` when another request has changed the session, too.
   */
  abstract regenerate(
    loaded: LoadedSession,
    hasPending: () => boolean,
    scope: SessionScope,
  ): Promise<LoadedSession | "moved" | "ended">;

  /**
   * @internal Ends the session that the value stands for, wherever it has moved since, if the server
   * holds something that can be ended.
   *
   * @param loaded - The session, if the request has loaded it.
   * @returns whether this call ended a session.
   */
  abstract destroy(
    value: string,
    loaded: LoadedSession | null,
    scope: SessionScope,
  ): Promise<boolean>;

  /**
   * @internal Commits at once what `change` does to the newest data; `null` when the session has
   * ended. A store that keeps nothing on the server does not have this method.
   *
   * @param currentData - Returns the data as the handler has them now. `change` sees the handlers'
   * unsaved changes, but does not commit them.
   */
  applyUpdate?(
    loaded: LoadedSession,
    currentData: () => SessionData,
    change: (data: SessionData) => void,
    scope: SessionScope,
  ): Promise<UpdatedSession | null>;

  /**
   * @internal The session with this `ctx.session.id`. `"moved"` for as long as the store knows that it
   * has moved. Not in cookie stores.
   */
  loadById?(id: string, scope: SessionScope): Promise<Found>;

  /**
   * @internal Replaces what `DeviceBinding` keeps of the session. Only stores that compare can do it.
   *
   * @returns the binding as it is then; `undefined` when the session has moved or ended.
   */
  bindDevice?(
    loaded: LoadedSession,
    next: NextBinding,
    scope: SessionScope,
  ): Promise<string | undefined>;

  /** @internal Whether a session can be bound to a device. */
  get bindsDevices(): boolean {
    return false;
  }

  /** @internal Whether the server keeps the sessions, and the client only an ID. */
  get keepsSessions(): boolean {
    return this.applyUpdate !== undefined;
  }

  /** For TypeScript only: see `SessionStore`. */
  "~data"?(data: Data): void;

  /**
   * Optional hook: called when the request is over, whatever its outcome. A store that opens something
   * for each request closes it here. Only `ctx.waitUntil` waits for it, and its errors are ignored.
   */
  release?(ctx: RequestContext<any>): Awaitable<void>;
}

/**
 * A subclass that closes its pool in a method `destroy()`, say, would turn log-outs off. Therefore the
 * nearest class that defines any of the methods must be a base class, which defines at least four.
 */
function assertProtocolIntact(type: object, name: string): void {
  const defined = PROTOCOL.filter((method) => Object.hasOwn(type, method));
  if (defined.length === 0) return assertProtocolIntact(Object.getPrototypeOf(type), name);
  if (defined.length >= 4) return;
  throw new TypeError(
    `${name} must not define a method ${defined[0]}(), which session() calls: give yours another name.`,
  );
}
