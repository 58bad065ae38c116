import type { RedisTopology } from "../../support/redis-deployments.js";
import type { AppProcess } from "./app-process.js";
import type { RequestKind } from "./figures.js";

/** Where the app under load finds its servers. It is sent to the app's process as JSON. */
export interface Deployment {
  readonly nodes: readonly { readonly url: string; readonly port: number }[];
  readonly sentinel?: {
    readonly name: string;
    readonly port: number;
    /** Whether the client has the settings that make it notice a planned failover soon. */
    readonly isWatched: boolean;
  };
}

/** The real servers of one run. */
export interface Servers {
  readonly deployment: Deployment;
  stop(): Promise<void>;
}

/** What a fault can do besides breaking the servers. */
export interface Run {
  /** Whether the short version of the scenario runs. */
  readonly isShort: boolean;
  /** Makes random faults repeatable. */
  readonly seed: number;
  readonly app: AppProcess;
  /** The servers serve again from now on, although the fault goes on. Default: when it has ended. */
  recovered(): void;
  /** Reports what is wrong, in a sentence, and what no figure shows. */
  violated(sentence: string, unless?: MachineWasBusy): void;
}

/** The machine did not let the app, or this process with its proxies, run for so long in all. */
export interface MachineWasBusy {
  readonly sinceMs: number;
  readonly lateMs: number;
}

/** A fault, and what is right for it. */
export interface Scenario<S extends Servers = Servers> {
  /** `<topology>/<fault>`, for the command line. */
  readonly name: string;
  /** The row of the table. */
  readonly title: string;
  readonly topology: RedisTopology;
  /** Whether `--short` and `npm test` run it, too. */
  readonly isShort: boolean;
  /** Whether the servers are down when the app starts. Otherwise the sessions exist when the load begins. */
  readonly startsDown?: boolean;
  /** How long the load goes on after the recovery, beyond the time that the recovery may take. Default: 1.5 seconds, 0.5 in short runs. */
  readonly afterRecoveryMs?: number;
  /** Bytes of data in the session that `run.app.burst()` reads. Default: 0. */
  readonly burstBytes?: number;
  /** Titles of clients with which the scenario is not run. */
  readonly without?: readonly string[];
  start(): Promise<S>;
  /** Resolves when the servers serve again, or after `run.recovered()`. */
  fault(servers: S, run: Run): Promise<void>;
  readonly expected?: Partial<Expectations>;
}

/** What a run must not exceed. */
export interface Expectations {
  /** Seconds from the recovery of the servers to the last error. */
  readonly recoverySeconds: number;
  /** A fault that makes no request fail has not struck. */
  readonly minErrors: number;
  readonly maxErrors: number;
  /** Requests that fail at once, because the store takes Redis to be down. */
  readonly maxRefused: number;
  /** The kinds of requests that may fail. */
  readonly mayFail: readonly RequestKind[];
  /** In a Cluster, only requests for a record in these slots may fail: the first and the last one. */
  readonly maySlotsFail: readonly [number, number];
  /** Requests that take longer than the store's timeout and half a second. */
  readonly maxSlow: number;
  /** Acknowledged `update()`s that are not in the final data. */
  readonly maxLost: number;
  /** Acknowledged sessions that do not exist. */
  readonly maxMissing: number;
  /** Sessions that have logged out or moved to another ID, and that load again. */
  readonly maxRevived: number;
  /** Open descriptors at the end, compared with those before the fault. */
  readonly maxMoreDescriptors: number;
  readonly maxMoreHeapMegabytes: number;
}

/** The timeout of the store in all runs, in seconds. */
export const TIMEOUT_SECONDS = 1;

export const DEFAULT_EXPECTATIONS: Expectations = {
  recoverySeconds: TIMEOUT_SECONDS + 1,
  minErrors: 1,
  maxErrors: Infinity,
  maxRefused: Infinity,
  mayFail: ["begin", "read", "update", "login", "logout", "ended"],
  maySlotsFail: [0, 16_383],
  maxSlow: 0,
  maxLost: 0,
  maxMissing: 0,
  maxRevived: 0,
  maxMoreDescriptors: 2,
  maxMoreHeapMegabytes: 8,
};

/** How much longer a recovery may take on a machine that does other things, too. */
const LENIENCY_SECONDS = 2;

export function expectationsOf({ expected }: Scenario, isStrict: boolean): Expectations {
  const strict = { ...DEFAULT_EXPECTATIONS, ...expected };
  if (isStrict) return strict;
  const recoverySeconds = strict.recoverySeconds + LENIENCY_SECONDS;
  // Where no request may fail, none fails on a busy machine either.
  const maxErrors = strict.maxErrors === 0 ? 0 : Infinity;
  return { ...strict, recoverySeconds, minErrors: 0, maxErrors, maxSlow: Infinity };
}
