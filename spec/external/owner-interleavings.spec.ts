import { Clock } from "../support/clock.js";
import { runs, seed } from "../support/runs.js";
import { drawOwnerOrders } from "./interleavings/draw-owner-orders.js";
import { everyFault, everyOrder } from "./interleavings/every-order.js";
import { CRASHES, FAULTS } from "./interleavings/faults.js";
import { OWNER_OPERATIONS, type Operation, type Start } from "./interleavings/operations.js";
import type { PlannedRequest, Scenario } from "./interleavings/run.js";

/*
 * These specs run what interleavings.spec.ts runs, with a store that has the option `owner`. Some
 * requests log in as another user, some list or end the sessions of ada. The hooks link(), unlink() and
 * linked() are steps, too. Two browsers may have sessions, and a process may crash between two steps.
 *
 * interleavings/owner-requests.ts     the requests that list or end sessions
 * interleavings/owner-call.ts         what is right of them, with end-calls.ts and list-call.ts
 * interleavings/owners.ts             the index, and what is right of it
 * interleavings/draw-owner-orders.ts  draws random groups and orders
 *
 * Besides what fails a run there, a run fails if
 * - the record of an owner is alive, be it a draft, without an entry in the index that outlives it,
 * - a session that was ada's during a whole endSessionsOf() is alive when that resolves, or later,
 * - a call ends the session of another owner, or the one that `except` names,
 * - a number of sessions is wrong, or a call resolves although one of its steps has failed,
 * - a list lacks a session that was ada's all the time, or has one that was not hers, or the draft of a
 *   session that has not moved, or one twice that has not moved meanwhile, or
 * - the index keeps an entry of a dead record, unless a call has failed or the entry is that of a former
 *   owner, or keeps any entry after the last expiry.
 */

/** Most races need few switches at the right places. */
const MAX_SWITCHES = 2;

const IN_PAIRS: readonly Operation[] = [
  "read",
  "update",
  "regenerate",
  "destroy",
  ...OWNER_OPERATIONS,
];

describe("Concurrent requests of sessions with owners", function () {
  this.timeout(60_000);
  let clock: Clock;

  beforeEach(() => (clock = new Clock()));
  afterEach(() => clock.restore());

  const request = (operation: Operation, more: Partial<PlannedRequest> = {}): PlannedRequest => ({
    operation,
    process: 0,
    isAwaited: true,
    isSentLater: false,
    ...more,
  });
  const elsewhere = { process: 1 } as const;
  const later = { isSentLater: true };
  const group = (...requests: PlannedRequest[]): Scenario => ({
    requests,
    sessions: ["start as ada"],
    hasOwners: true,
  });

  describe("agree with the model in every order with few switches between two requests", () => {
    for (const [index, first] of IN_PAIRS.entries()) {
      for (const second of IN_PAIRS.slice(index)) {
        it(`${first} and ${second}`, async () => {
          await everyOrder(group(request(first), request(second)), clock, 1);
          const scenario = group(request(first), request(second, elsewhere));
          await everyOrder(scenario, clock, MAX_SWITCHES);
        });
      }
    }
  });

  describe("agree with the model in every order with few switches between three requests", () => {
    const groups = [
      ["regenerate", "end ada's sessions", "let expire"],
      ["regenerate", "regenerate", "end ada's sessions"],
      ["regenerate", "become bob", "end ada's sessions"],
      ["become bob", "become ada", "end ada's sessions"],
      ["regenerate", "regenerate", "end ada's session"],
      ["regenerate", "end bob's session", "become bob"],
      ["regenerate", "regenerate", "end ada's other sessions"],
      ["regenerate", "list ada's sessions", "let ten seconds pass"],
      ["read", "become bob", "let ten seconds pass"],
    ] as const;
    for (const [first, second, third] of groups) {
      it(`${first}, ${second}, ${third}`, async () => {
        const others = [request(second, elsewhere), request(third, { ...elsewhere, ...later })];
        await everyOrder(group(request(first), ...others), clock, MAX_SWITCHES);
      });
    }
  });

  describe("agree with the model if a backend call fails, or its process crashes", () => {
    const pairs = [
      ["regenerate", "end ada's sessions"],
      ["regenerate", "list ada's sessions"],
      ["log in as bob", "end ada's sessions"],
      ["end ada's sessions", "end ada's sessions"],
      ["become bob", "end ada's session"],
    ] as const;
    for (const [first, second] of pairs) {
      it(`${first} and ${second}`, async () => {
        const scenario = group(request(first), request(second, elsewhere));
        await everyFault(scenario, clock, [...FAULTS, ...CRASHES], 1);
      });
    }
  });

  it("agree with the model if ada has three sessions", async () => {
    const sessions: Start[] = ["start as ada", "start as ada", "start as ada"];
    const requests = [request("end ada's other sessions"), request("regenerate", { browser: 1 })];
    await everyOrder({ ...group(...requests), sessions }, clock, 1);
  });

  it(`agree with the model in random orders of three requests (FC_SEED=${seed})`, async () => {
    await drawOwnerOrders(runs(1000), clock);
  });
});
