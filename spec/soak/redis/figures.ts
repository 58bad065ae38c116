/** The requests of the load. `ended` sends the ID of a session that has ended. */
export type RequestKind = "begin" | "read" | "update" | "login" | "logout" | "ended";

export interface FailedRequest {
  /** By the wall clock, because two processes use it. */
  readonly atMs: number;
  readonly kind: RequestKind;
  readonly message: string;
  /** The slot of the only record that the request needed, if it is known. */
  readonly slot: number | undefined;
}

export interface SlowRequest {
  readonly atMs: number;
  readonly kind: RequestKind;
  readonly milliseconds: number;
}

export interface Lateness {
  readonly atMs: number;
  readonly milliseconds: number;
}

/** What the process of the app has seen. It is sent to the parent process as JSON. */
export interface Figures {
  readonly startedAtMs: number;
  readonly requests: number;
  readonly errors: readonly FailedRequest[];
  readonly slow: readonly SlowRequest[];
  readonly updates: UpdateFigures;
  /** Acknowledged sessions that did not exist when they were read. */
  readonly missing: number;
  /** Sessions that have ended and loaded again. */
  readonly revived: number;
  /** Requests that got the data of another session. */
  readonly foreign: number;
  /** Sessions that could not be read at the end, by a new client. */
  readonly unreadable: number;
  /** Exceptions and rejections that nobody handled. */
  readonly unhandled: readonly string[];
  readonly warnings: readonly string[];
  /** When the event loop of the app was late: the machine was busy. */
  readonly late: readonly Lateness[];
  readonly descriptors: Descriptors;
  readonly heapBytes: { readonly beforeFault: number; readonly after: number };
}

export interface UpdateFigures {
  readonly acknowledged: number;
  readonly failed: number;
  readonly final: number;
  /** Acknowledged updates that are not in the final data. */
  readonly lost: number;
  /** Updates in the final data that were neither acknowledged nor failed: executed twice. */
  readonly extra: number;
}

export interface Descriptors {
  /** Before the first request. */
  readonly atStart: number;
  readonly beforeFault: number;
  readonly after: number;
  /** After `store.close()`. */
  readonly closed: number;
}

/** The time in milliseconds. Two processes agree on it, and it is monotonic in each. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
