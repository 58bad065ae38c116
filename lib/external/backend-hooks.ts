import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import type { Awaitable } from "../platform/awaitable.js";
import { BaseStore } from "../records/base-store.js";
import type { SerializationOptions } from "../records/session-codec.js";
import type { SessionData } from "../session.js";

/** The record that `create` must insert. */
export interface Insertion {
  /** At most `maxBytes` in UTF-8. */
  readonly text: string;
  /** Time to live: whole seconds, at least 1, after which the backend may delete the record. */
  readonly ttl: number;
}

/** The record that `update` must write in place of the expected one. */
export interface Replacement extends Insertion {
  /** The text when it was read. */
  readonly expected: string;
}

/** The circumstances of one call of a hook. */
export interface BackendCall {
  /** The request's context. */
  readonly ctx: RequestContext<any>;
  /** Aborts when the store's `timeout` is over: a backend call that supports it then gives up. */
  readonly signal: AbortSignal;
  /**
   * Set by a hook: called at the timeout, and returns what has not answered.
   *
   * @internal
   */
  onTimeout?: () => string;
}

/** The hooks of an external store; the doc comments of `BackendHooks` are their contract. */
export interface Backend {
  readonly compares: boolean;
  read(key: string, call: BackendCall): Awaitable<string | null>;
  create(key: string, insertion: Insertion, call: BackendCall): Awaitable<boolean>;
  update(key: string, replacement: Replacement, call: BackendCall): Awaitable<boolean>;
  remove(key: string, call: BackendCall): Awaitable<void>;
  link?(owner: string, key: string, ttl: number, call: BackendCall): Awaitable<void>;
  unlink?(owner: string, key: string, call: BackendCall): Awaitable<void>;
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
  /** The option `timeout`, in seconds. A hook's answer that comes later is ignored. */
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
   * Whether `update` compares and writes in one step. A store that needs two overrides this getter; of
   * two concurrent changes it may lose one.
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
   * Hook: the text under the key, or `null` when there is none. A missing key is not an error. Of an
   * expired record it returns the text or `null`.
   */
  protected abstract read(key: string, call: BackendCall): Awaitable<string | null>;

  /**
   * Hook: inserts, and never replaces. A store that cannot compare need not check whether the key is
   * taken, because keys are random.
   *
   * @returns `false` when the key is taken.
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
   * @returns `false` when the record has changed or is gone. A record whose time to live has passed
   * is gone, even if the backend still has it. `update` never creates a record.
   */
  protected abstract update(
    key: string,
    replacement: Replacement,
    call: BackendCall,
  ): Awaitable<boolean>;

  /** Hook: deletes. A missing key is not an error. */
  protected abstract remove(key: string, call: BackendCall): Awaitable<void>;

  /**
   * Hook: notes that the key belongs to the owner, for at least `ttl` seconds from now. An entry that
   * is there already lives on for as long as the longer of both times.
   *
   * The index is a set of keys for each owner, apart from the records. Entries outlive their sessions
   * by a minute or more; after that, the backend deletes them.
   */
  protected link?(owner: string, key: string, ttl: number, call: BackendCall): Awaitable<void>;

  /** Hook: removes one key from the owner's. A missing one is not an error. */
  protected unlink?(owner: string, key: string, call: BackendCall): Awaitable<void>;

  /**
   * Hook: all keys of the owner, in any order. It must see every `link` that has resolved, also one
   * of another process. It may return keys whose time is over.
   */
  protected linked?(owner: string, call: BackendCall): Awaitable<string[]>;
}
