import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import type { Awaitable } from "../platform/awaitable.js";
import { BaseStore } from "../records/base-store.js";
import type { SerializationOptions } from "../records/session-codec.js";
import type { SessionData } from "../session.js";

/** What the hook `create` must insert. */
export interface Insertion {
  /** The record: at most `maxBytes` in UTF-8. */
  readonly text: string;
  /** The time to live, in whole seconds, at least 1. After it, the backend may delete the record. */
  readonly ttl: number;
}

/** What the hook `update` must write, and what must be there before it. */
export interface Replacement extends Insertion {
  /** The text that the record had when it was read. */
  readonly expected: string;
}

/** The request and the timeout of one call of a hook. */
export interface BackendCall {
  /** The request's context. */
  readonly ctx: RequestContext<any>;
  /** Aborts when the store's `timeout` is over. Give it to a driver that takes such a signal. */
  readonly signal: AbortSignal;
  /**
   * Set by a hook: called at the timeout, and returns what has not answered.
   *
   * @internal
   */
  onTimeout?: () => string;
}

/** The hooks of an external store. `ExternalStore` says what each of them must do. */
export interface Backend {
  /** Whether `update` compares and writes in one step. */
  readonly compares: boolean;
  /** Returns the text under the key, or `null`. */
  read(key: string, call: BackendCall): Awaitable<string | null>;
  /** Inserts a record. `false` if the key is taken. */
  create(key: string, insertion: Insertion, call: BackendCall): Awaitable<boolean>;
  /** Replaces a record while its text is the expected one. `false` if it is not. */
  update(key: string, replacement: Replacement, call: BackendCall): Awaitable<boolean>;
  /** Deletes a record. */
  remove(key: string, call: BackendCall): Awaitable<void>;
  /** Adds a key to the owner's index. */
  link?(owner: string, key: string, ttl: number, call: BackendCall): Awaitable<void>;
  /** Removes a key from the owner's index. */
  unlink?(owner: string, key: string, call: BackendCall): Awaitable<void>;
  /** Returns all keys in the owner's index. */
  linked?(owner: string, call: BackendCall): Awaitable<string[]>;
}

/**
 * What a store does on its backend. Four hooks are required; `link`, `unlink` and `linked` only for
 * the option `owner`: all three, or none.
 *
 * `key` is the prefix and 43 characters, and `owner` is the prefix, `owner:` and 43 characters: hashes
 * that are safe in any key space, and never what the client holds. A hook throws only if the system
 * failed; the app gets the error as the `cause` of `ERR_SESSION_STORE`.
 */
export abstract class BackendHooks<Data extends object = SessionData> extends BaseStore<Data> {
  /** The option `prefix`. */
  protected readonly prefix: string;
  /** The option `timeout`, in seconds. A later answer of a hook is ignored. */
  protected readonly timeout: number;

  constructor(options: SerializationOptions<Data>, prefix: string, timeout: number) {
    super(options);
    this.prefix = prefix;
    this.timeout = timeout;
  }

  /** @internal Whether a call needs the context of a request. */
  protected get needsContext(): boolean {
    return this.release !== undefined;
  }

  /**
   * Whether `update` compares and writes in one step. A store that needs two steps overrides this
   * getter. It may lose one of two concurrent changes.
   *
   * @example
   * ```ts
   * protected override get compares(): boolean {
   *   return false;
   * }
   * ```
   */
  protected get compares(): boolean {
    return true;
  }

  /**
   * Hook: returns the text under the key, or `null` if there is none. A missing key is not an error.
   * For an expired record, it returns the text or `null`.
   */
  protected abstract read(key: string, call: BackendCall): Awaitable<string | null>;

  /**
   * Hook: inserts a record, and never replaces one. A store that cannot compare need not check whether
   * the key is taken, because keys are random.
   *
   * @returns `false` if the key is taken.
   */
  protected abstract create(
    key: string,
    insertion: Insertion,
    call: BackendCall,
  ): Awaitable<boolean>;

  /**
   * Hook: replaces the text in one atomic step, but only while the stored text is `expected`. The
   * time to live begins anew. A store whose `compares` is `false` reads, compares and writes.
   *
   * @returns `false` if the record has changed or is gone. A record whose time to live has passed is
   * gone, even if the backend still has it. `update` never creates a record.
   */
  protected abstract update(
    key: string,
    replacement: Replacement,
    call: BackendCall,
  ): Awaitable<boolean>;

  /** Hook: deletes a record. A missing key is not an error. */
  protected abstract remove(key: string, call: BackendCall): Awaitable<void>;

  /**
   * Hook: adds the key to the owner's index, for at least `ttl` seconds from now. An entry that is
   * already there keeps the longer of the two times.
   *
   * The index is a set of keys for each owner, apart from the records. Entries outlive their sessions
   * by a minute or more; after that, the backend deletes them.
   */
  protected link?(owner: string, key: string, ttl: number, call: BackendCall): Awaitable<void>;

  /** Hook: removes a key from the owner's index. A missing key is not an error. */
  protected unlink?(owner: string, key: string, call: BackendCall): Awaitable<void>;

  /**
   * Hook: returns all keys in the owner's index, in any order. It must see every `link` that has
   * resolved, also in another process. It may return keys whose time is over.
   */
  protected linked?(owner: string, call: BackendCall): Awaitable<string[]>;
}
