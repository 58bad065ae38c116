import { CLUSTER_SCENARIOS } from "./cluster.js";
import { FAILOVER_SCENARIOS } from "./one-node-failover.js";
import { FLAPPING_SCENARIOS } from "./one-node-flapping.js";
import { NETWORK_SCENARIOS } from "./one-node-network.js";
import { REFUSAL_SCENARIOS } from "./one-node-refusals.js";
import { SERVER_SCENARIOS } from "./one-node-servers.js";
import { STALL_SCENARIOS } from "./one-node-stall.js";
import type { Scenario } from "./scenario.js";
import { SENTINEL_SCENARIOS } from "./sentinel.js";

/** All scenarios, in the order of the tables. */
export const SCENARIOS: readonly Scenario<any>[] = [
  ...SERVER_SCENARIOS,
  ...NETWORK_SCENARIOS,
  ...REFUSAL_SCENARIOS,
  ...FAILOVER_SCENARIOS,
  ...STALL_SCENARIOS,
  ...FLAPPING_SCENARIOS,
  ...SENTINEL_SCENARIOS,
  ...CLUSTER_SCENARIOS,
];
