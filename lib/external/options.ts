import { assertOption, assertOptions, assertWhole } from "../option-checks.js";
import type { SerializationOptions } from "../records/session-codec.js";
import type { SessionData } from "../session.js";

const MAX_TIMEOUT_SECONDS = 3600;

/** The options of all external stores. */
export interface ExternalStoreOptions<
  Data extends object = SessionData,
> extends SerializationOptions<Data> {
  /** Begins every key in the backend. Default: `"session:"`. */
  prefix?: string | undefined;
  /** The longest record that is stored, in bytes of UTF-8. Default: 65 536. */
  maxBytes?: number | undefined;
  /**
   * How long a call may take, and how long a write meets conflicts: whole seconds, 1 to 3600. When
   * this process itself was busy at the end of that time, a call may take up to twice as long.
   * Default: 2.
   */
  timeout?: number | undefined;
}

/** @param owner - The class that is constructed, for errors. */
export function resolveExternalOptions<Data extends object>(
  owner: string,
  options: ExternalStoreOptions<Data>,
): { prefix: string; maxBytes: number; timeout: number; others: SerializationOptions<Data> } {
  assertOptions(owner, options);
  const { prefix = "session:", maxBytes = 65_536, timeout = 2, ...others } = options;
  assertOption("prefix", typeof prefix === "string", "a string");
  assertWhole("maxBytes", maxBytes, "bytes", 1);
  assertWhole("timeout", timeout, "seconds", 1, MAX_TIMEOUT_SECONDS);
  return { prefix, maxBytes, timeout, others };
}
