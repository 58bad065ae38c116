import type { PoolConfig } from "pg";
import type { Deployment } from "../redis/scenario.js";

/** Where the store of a process finds its servers. */
export type Address =
  | { readonly topology: "one node" | "Cluster"; readonly deployment: Deployment }
  | { readonly topology: "PostgreSQL"; readonly connection: PoolConfig };

/** What a process of the app needs to know. It is the process' only argument, as JSON. */
export interface ServerSettings {
  readonly address: Address;
  /** The title of its Redis client. */
  readonly client: string;
  /** The timeout of the store. */
  readonly timeoutSeconds: number;
  /** Each command waits for up to so long, before it is sent and after its reply. */
  readonly maxPauseMs: number;
}

/** A request that the parent process sends to the app. */
export interface SentRequest {
  readonly number: number;
  readonly path: string;
  /** The value of the session cookie. */
  readonly cookie: string | undefined;
}

export interface SentResponse {
  readonly number: number;
  /** 409 after `ERR_SESSION_CONFLICT`, 0 if the process has ended without an answer. */
  readonly status: number;
  /** The value of the cookie that the response sets; empty if it clears it. */
  readonly cookie: string | undefined;
  readonly body: any;
  /** The message of the error that reached the app's error handler. */
  readonly error: string | undefined;
}

/** What the backend has acknowledged, and what was read later, of one owner: see `LostWrites`. */
export interface Acknowledgements {
  /** For `<key> <text>`: when its replacement was acknowledged, in milliseconds since 1970. */
  readonly replaced: readonly (readonly [string, number])[];
  /** For `<key> <text>`: when the last read that found it was begun. */
  readonly read: readonly (readonly [string, number])[];
  /** For each key: when the index had acknowledged its entry. */
  readonly linked: readonly (readonly [string, number])[];
  /** For each key: when its removal from the index was begun. */
  readonly unlinked: readonly (readonly [string, number])[];
  /** What the index has answered, when it was asked, and when it answered. */
  readonly lists: readonly (readonly [readonly string[], number, number])[];
}
