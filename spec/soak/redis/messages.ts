import type { RedisTopology } from "../../support/redis-deployments.js";
import type { Figures } from "./figures.js";
import type { Deployment } from "./scenario.js";

/** What the process of an app needs to know. It is the process' only argument, as JSON. */
export interface AppSettings {
  readonly client: string;
  readonly topology: RedisTopology;
  readonly deployment: Deployment;
  readonly burstBytes: number;
}

/** What the parent process tells the process of an app. Each message is answered. */
export type Order =
  | { readonly type: "start"; readonly start: "warm" | "cold" }
  /** Notes the descriptors and the heap. */
  | { readonly type: "measure" }
  /** Starts some requests, and blocks the event loop after some of its turns. */
  | { readonly type: "stall"; readonly milliseconds: number; readonly turns: number }
  /** Whether `dns.lookup()` fails. */
  | { readonly type: "names"; readonly fail: boolean }
  | { readonly type: "burst"; readonly reads: number }
  | { readonly type: "finish" };

export interface Answer {
  readonly figures?: Figures;
  /** Why the order could not be obeyed. */
  readonly failure?: string;
}
