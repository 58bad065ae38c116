import { EventLog } from "../../support/event-log.js";
import type { SessionData } from "../../../lib/index.js";
import type { DeviceRequest } from "./browser-keys.js";
import type { Fault } from "./faults.js";
import { isWithoutSession, type Answer, type Operation } from "./operations.js";
import type { OwnerCall } from "./owner-call.js";
import { keyOf } from "./records.js";
import type { ScheduledStore } from "./scheduled-store.js";
import { currentSecond } from "./times.js";

/** How a request takes part in the schedule. */
export interface Lane {
  /** Waits until the request may make its next step. */
  turn(): Promise<void>;
  /** Waits for a turn besides, while the request may also wait for its next step. */
  pause(): Promise<void>;
  /** Makes a step later, at any time, even after the response. */
  postpone(step: () => void): void;
  /** The handler of the request calls `update()` now. */
  beforeUpdate(actor: Actor): void;
  /** Returns the fault of the backend call that comes now. */
  nextFault(): Fault | undefined;
  /** The process of the request crashes. */
  crash(): void;
}

/** What a request is to do. */
export interface Task {
  readonly operation: Operation;
  /** Whether its handler awaits `regenerate()`, `destroy()` and `update()`. Calls for an owner it awaits. */
  readonly isAwaited: boolean;
}

/** What a request sends besides the ID. */
export interface Sent {
  /** The proof cookie. */
  readonly proof?: string | undefined;
  /** What the browser itself sends about its key. */
  readonly device?: DeviceRequest | undefined;
}

/** A request with what it has seen, what the backend has seen of it, and its errors. */
export class Actor implements Task {
  readonly name: string;
  readonly operation: Operation;
  readonly isAwaited: boolean;
  readonly lane: Lane;
  /** The ID that the request sends; empty if it sends none. */
  readonly id: string;
  /** The key of the record that the ID stands for. */
  readonly key: string;
  /** The key that an owner's request is about; without a session of its own, it sends no ID. */
  readonly target: string;
  /** The proof that it sends, if it has one. */
  readonly proof: string | undefined;
  /** What it sends about the browser's key, if it is a request of the browser itself. */
  readonly sent: DeviceRequest | undefined;
  readonly startSecond: number = currentSecond();
  readonly log: EventLog = new EventLog();
  /** What the handler has seen; `undefined` if the session could not be loaded. */
  answer?: Answer;
  /** The error that the app's error handler got. */
  error?: unknown;
  /** The number of backend calls that failed. */
  faults = 0;
  /** The store of the process that answers the request. */
  store?: ScheduledStore;
  /** Its call of `sessionsOf()`, `endSession()` or `endSessionsOf()`. */
  call?: OwnerCall;

  /** The data under the key when the request read it first; `null` if there was no session. */
  loaded?: SessionData | null;
  /** Set if its first read found that the session had moved: when, and how long ago. */
  foundMove?: { readonly second: number; readonly age: number };
  /** The binding of the session that it found at its first read. */
  foundBinding?: string | undefined;
  /** Whether that session needed a proof, and the request had none. */
  foundUnproven = false;
  /** The expiry of the record that it read last. */
  readUntil?: number;
  /** Whether another request changed the data after this one had loaded them. */
  hasMetChange = false;
  /** The expiry of the record that it replaced last. */
  replaced?: number;
  /**
   * Whether its operation has taken effect: the request has written it, or the loaded data already
   * contained it.
   */
  hasCommitted = false;
  /**
   * Whether the session contained the effect of its operation at some moment after the request had
   * loaded it, or after the call of `update()`. Then this request does not have to write.
   */
  hasMetItsEffect = false;
  /** The data that it wrote when its operation took effect. */
  committed?: SessionData;
  /** Where it has moved the session, with the data at that moment. */
  moved?: { readonly to: string; readonly data: SessionData };
  /** Whether a call of `endSessionsOf()` has ended its draft. */
  hasLostDraft = false;
  /** The key of the record that it has written too late: the replaced one had expired. */
  overdue?: string;
  /** Whether it has ended a session by `destroy()`. */
  hasEnded = false;

  constructor(
    name: string,
    { operation, isAwaited }: Task,
    lane: Lane,
    id: string,
    sent: Sent = {},
  ) {
    this.name = name;
    this.target = keyOf(id);
    this.operation = operation;
    this.isAwaited = isAwaited || operation === "regenerate, end ada's other sessions";
    this.lane = lane;
    this.id = isWithoutSession(operation) ? "" : id;
    this.key = sent.device?.target ?? keyOf(this.id);
    this.proof = sent.proof;
    this.sent = sent.device;
  }

  /** Whether a record that it has read or replaced has expired since: then its reply was too late. */
  get isLate(): boolean {
    return [this.readUntil, this.replaced].some((expires) => expires! <= currentSecond());
  }
}
