import type { SerializationOptions } from "../base-store.js";

/** The options that all external stores have. */
export interface ExternalStoreOptions extends SerializationOptions {
  /** Stands before every key in the backend. Default: `"session:"`. */
  prefix?: string;
  /** The longest record that is stored, in bytes of UTF-8. Default: 65 536. */
  maxBytes?: number;
  /** How long a call of the backend may take: whole seconds, 1 to 3600. Default: 2. */
  timeout?: number;
}

/** For the concrete stores, which know all of their options. */
export const EXTERNAL_STORE_OPTIONS = [
  "prefix",
  "maxBytes",
  "timeout",
  "stringify",
  "parse",
] as const;
