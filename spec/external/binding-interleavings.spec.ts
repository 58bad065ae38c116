import { Clock } from "../support/clock.js";
import { runs, seed } from "../support/runs.js";
import { drawBindingOrders } from "./interleavings/draw-binding-orders.js";
import { everyFault, everyOrder } from "./interleavings/every-order.js";
import { CRASHES, FAULTS } from "./interleavings/faults.js";
import { DEVICE_OPERATIONS, OPERATIONS, type Operation } from "./interleavings/operations.js";
import type { PlannedRequest, Scenario } from "./interleavings/run.js";

/*
 * These specs run what interleavings.spec.ts runs, where sessions are bound to devices. Browsers register
 * a key and renew their proofs beside the requests of the pages, and somebody who has copied the ID
 * sends requests, too.
 *
 * interleavings/bindings.ts             what a record says of the device, and the proofs
 * interleavings/browser-keys.ts         what a browser sends about its key
 * interleavings/device-answers.ts       checks the answers to that, and to requests without a proof
 * interleavings/draw-binding-orders.ts  draws random groups and orders
 *
 * Besides what fails a run there, a run fails if
 * - a write loses or changes a binding, unless it registers the first key of a session,
 * - a registration changes anything else, or writes to a session that has moved or ended,
 * - a browser is told that its key is registered, but another key or none is stored,
 * - a key is refused although the session is there and has no other,
 * - a bound session that moves gets another binding, or one that is not bound keeps its secret,
 * - a request without a proof sees, changes, moves or ends a bound session, ten seconds after the
 *   registration, or later,
 * - a browser is told that a session is over that is alive, or has just moved, or
 * - a proof or a challenge is not what the stored secret makes it.
 */

/** Most races need few switches at the right places. */
const MAX_SWITCHES = 2;

const BESIDE = OPERATIONS.filter((name) => name !== "change b" && name !== "delete a");

describe("Concurrent requests of sessions that are bound to devices", function () {
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

  describe("agree with the model in every order while the key is registered", () => {
    const registrations = ["register", "register another key"] as const;
    for (const second of [...registrations, ...BESIDE]) {
      it(`register and ${second}`, async () => {
        for (const process of [0, 1] as const) {
          for (const repliesTakeTurns of [false, second === "let expire"]) {
            const requests = [request("register"), request(second, { process })];
            await everyOrder({ requests, devices: "asked", repliesTakeTurns }, clock);
          }
        }
        const requests = [request("register"), request(second)];
        await everyFault({ requests, devices: "asked" }, clock);
      });
    }
  });

  describe("agree with the model in every order when there is a key", () => {
    for (const first of DEVICE_OPERATIONS) {
      for (const second of [...DEVICE_OPERATIONS, ...BESIDE]) {
        it(`${first} and ${second}`, async () => {
          const requests = [request(first), request(second, elsewhere)];
          await everyOrder({ requests, devices: "bound" }, clock);
          await everyFault({ requests, devices: "bound" }, clock);
        });
      }
    }
  });

  describe("agree with the model in every order if one of them has no proof", () => {
    const unproven = { isUnproven: true };
    for (const first of [
      "read",
      "change a",
      "update",
      "log in",
      "regenerate",
      "destroy",
    ] as const) {
      for (const second of ["change a", "regenerate", "destroy", "refresh"] as const) {
        it(`${first} without a proof, and ${second}`, async () => {
          const requests = [request(first, unproven), request(second, elsewhere)];
          await everyOrder({ requests, devices: "bound" }, clock);
        });
      }
    }
  });

  describe("agree with the model in every order with few switches between three requests", () => {
    const groups: PlannedRequest[][] = [
      [request("register"), request("register another key", elsewhere), request("change a")],
      [request("register"), request("register another key", elsewhere), request("regenerate")],
      [request("register"), request("change a", elsewhere), request("regenerate", later)],
      [request("register"), request("update", elsewhere), request("change b")],
      [request("register"), request("regenerate", elsewhere), request("register", later)],
      [request("register"), request("regenerate", elsewhere), request("destroy", later)],
      [request("register"), request("log in", elsewhere), request("let ten seconds pass")],
      [request("register"), request("read", later), request("let ten seconds pass")],
    ];
    for (const requests of groups) {
      it(requests.map(({ operation }) => operation).join(", "), async () => {
        await everyOrder({ requests, devices: "asked" }, clock, MAX_SWITCHES);
      });
    }
  });

  describe("agree with the model if sessions have owners", () => {
    const group = (...requests: PlannedRequest[]): Scenario => ({
      requests,
      sessions: ["start as ada"],
      hasOwners: true,
      devices: "asked",
    });
    for (const second of [
      "regenerate",
      "log in as bob",
      "become bob",
      "end ada's sessions",
      "end ada's session",
      "list ada's sessions",
    ] as const) {
      it(`register and ${second}`, async () => {
        const scenario = group(request("register"), request(second, elsewhere));
        await everyOrder(scenario, clock, MAX_SWITCHES);
        await everyFault(scenario, clock, [...FAULTS, ...CRASHES], 1);
        await everyOrder({ ...scenario, devices: "bound" }, clock, MAX_SWITCHES);
      });
    }

    it("register, regenerate, end ada's sessions", async () => {
      const others = [request("regenerate"), request("end ada's sessions", elsewhere)];
      await everyOrder(group(request("register"), ...others), clock, MAX_SWITCHES);
    });
  });

  it(`agree with the model in random orders of three requests (FC_SEED=${seed})`, async () => {
    await drawBindingOrders(runs(1000), clock);
  });
});
