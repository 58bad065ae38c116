import { assertOption, assertOptions, assertWhole } from "../option-checks.js";
import type { Given, SerializationOptions } from "../records/session-codec.js";
import type { SessionData } from "../session.js";
import type { OwnerOf } from "./owner-index.js";

const MAX_TIMEOUT_SECONDS = 3600;

/** The options of all external stores. */
export interface ExternalStoreOptions<
  Data extends object = SessionData,
> extends SerializationOptions<Data> {
  /** The start of every key in the backend, different for each app. Default: `"session:"`. */
  prefix?: string | undefined;
  /** The maximum size of a record, in bytes of UTF-8. Default: 65 536. */
  maxBytes?: number | undefined;
  /**
   * The timeout of one call to the backend, and of one write while other requests are faster: whole
   * seconds, 1 to 3600. If this process was busy at the end of that time, a call may take up to twice
   * as long. Default: 2.
   */
  timeout?: number | undefined;
  /**
   * Returns whose session it is: a string of 1 to 1024 bytes, such as the user's ID, or `undefined` for
   * a guest. It gets a copy of the data. `sessionsOf()`, `endSession()` and `endSessionsOf()` need it.
   *
   * @example
   * ```ts
   * owner: (data) => data.userId
   * ```
   */
  owner?: ((data: Given<Data>) => string | null | undefined) | undefined;
}

interface ResolvedExternalOptions<Data extends object> {
  readonly prefix: string;
  readonly maxBytes: number;
  readonly timeout: number;
  readonly owner: OwnerOf | undefined;
  readonly others: SerializationOptions<Data>;
}

/** @param type - The class that is constructed, for errors. */
export function resolveExternalOptions<Data extends object>(
  type: string,
  options: ExternalStoreOptions<Data>,
): ResolvedExternalOptions<Data> {
  assertOptions(type, options);
  const { prefix = "session:", maxBytes = 65_536, timeout = 2, owner, ...others } = options;
  assertOption("prefix", typeof prefix === "string", "a string");
  assertWhole("maxBytes", maxBytes, "bytes", 1);
  assertWhole("timeout", timeout, "seconds", 1, MAX_TIMEOUT_SECONDS);
  const isRight = owner === undefined || typeof owner === "function";
  assertOption("owner", isRight, "a function of the data: (data) => data.userId");
  return { prefix, maxBytes, timeout, owner: owner as OwnerOf | undefined, others };
}
