import { expect } from "chai";
import { Clock } from "../support/clock.js";
import { runs, seed } from "../support/runs.js";
import { drawOrders } from "./interleavings/draw-orders.js";
import { everyFault, everyOrder } from "./interleavings/every-order.js";
import { OPERATIONS, type Operation } from "./interleavings/operations.js";
import type { PlannedRequest } from "./interleavings/run.js";

/*
 * These specs run concurrent requests of one session, and the time that passes beside them, in every
 * order in which their steps can happen. A step is one backend call, together with everything that
 * the request does until its next call. Each call waits for its turn and then happens immediately.
 * The requests are served by one process or by two, which share the backend. Writers of one process
 * queue for the session, so a request may also wait for another one.
 *
 * What happens:
 * interleavings/operations.ts         what the requests do
 * interleavings/actor.ts              a request, and what is known of it
 * interleavings/site.ts               a process of the app
 * interleavings/scheduled-store.ts    the backend, whose calls wait for their turns
 * interleavings/faults.ts             what goes wrong with a backend call
 *
 * In which order:
 * interleavings/run.ts                runs a group of requests in one order
 * interleavings/schedule.ts           runs parties step by step
 * interleavings/every-order.ts        runs a group in all orders
 * interleavings/draw-orders.ts        draws random groups of three requests and random orders
 *                                     (npm run soak draws more)
 *
 * What is right:
 * interleavings/model.ts              the valid steps from one state of the backend to the next
 * interleavings/entries.ts            a state of the backend
 * interleavings/requests-in-flight.ts what each request could see of these states
 * interleavings/responses.ts          checks each response
 * interleavings/leftovers.ts          checks what the backend holds at the end
 *
 * A run fails if
 * - a request reads a state that no serial order of the committed steps has written,
 * - an acknowledged change is lost,
 * - two requests change one key and the earlier change stays,
 * - a session that has ended comes back, or is alive after the response of a destroy(),
 * - the old ID is valid after the response of a regenerate(),
 * - a login is mixed with the data of another request,
 * - a late request sets or clears a cookie, or starts a session,
 * - a request fails without a fault or a conflict, or
 * - a usable record is left although no client holds its ID and no call has failed.
 */

/** Three requests have too many orders. Most races need few switches at the right places. */
const MAX_SWITCHES = 2;

describe("Concurrent requests of one session", function () {
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

  describe("agree with the model in every order of their steps, also if one backend call fails", () => {
    for (const [index, first] of OPERATIONS.entries()) {
      for (const second of OPERATIONS.slice(index)) {
        it(`${first} and ${second}`, async () => {
          const repliesTakeTurns = second.startsWith("let ");
          for (const process of [0, 1] as const) {
            const requests = [request(first), request(second, { process })];
            const count = await everyOrder({ requests, repliesTakeTurns }, clock);
            expect(count).to.be.at.least(2);
          }
          await everyFault({ requests: [request(first), request(second)] }, clock);
        });
      }
    }
  });

  describe("agree with the model in every order with few switches between them", () => {
    const elsewhere = { process: 1 } as const;
    const later = { isSentLater: true };
    const notAwaited = { isAwaited: false };
    const groups: PlannedRequest[][] = [
      ...(["delete a", "take a", "change then regenerate"] as const).map((third) => [
        request("delete a"),
        request("change a", elsewhere),
        request(third, later),
      ]),
      [request("change a"), request("change b", elsewhere), request("let ten seconds pass")],
      [request("change a"), request("change b", { ...elsewhere, ...later }), request("let expire")],
      [request("log in", notAwaited), request("change a", elsewhere), request("change b")],
      [request("log in", notAwaited), request("log in", { ...notAwaited, ...elsewhere })],
      [request("regenerate"), request("regenerate", elsewhere), request("destroy", later)],
      [request("log in"), request("regenerate", later), request("destroy", elsewhere)],
      [request("log in"), request("log in", elsewhere), request("late request", later)],
      [request("update"), request("update"), request("update", elsewhere)],
    ];
    for (const requests of groups) {
      it(requests.map(describeRequest).join(", "), async () => {
        await everyOrder({ requests, repliesTakeTurns: true }, clock, MAX_SWITCHES);
      });
    }
  });

  it(`agree with the model in random orders of three requests (FC_SEED=${seed})`, async () => {
    await drawOrders(runs(1500), clock);
  });
});

function describeRequest(request: PlannedRequest): string {
  const { operation, process, isAwaited, isSentLater } = request;
  const details = [
    isAwaited ? "" : " (not awaited)",
    isSentLater ? " later" : "",
    process === 1 ? " in the other process" : "",
  ];
  return operation + details.join("");
}
