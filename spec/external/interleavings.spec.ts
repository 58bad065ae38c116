import { expect } from "chai";
import { Clock } from "../support/clock.js";
import { runs, seed } from "../support/runs.js";
import { drawOrders } from "./interleavings/draw-orders.js";
import { OPERATIONS } from "./interleavings/operations.js";
import { Run } from "./interleavings/run.js";
import { everySchedule } from "./interleavings/schedule.js";

/*
 * These specs run concurrent requests of one session, and its expiry, in every order in which their
 * steps can happen. A step is one backend call, together with everything that the request does
 * until its next call. Each call waits for its turn and then happens immediately. The expiry of the
 * session is a step of its own.
 *
 * interleavings/schedule.ts    runs the requests step by step, in every order or in a given order
 * interleavings/operations.ts  defines what the requests do
 * interleavings/model.ts       defines the valid states of the backend and the steps between them
 * interleavings/draw-orders.ts draws random orders of three requests, which have too many orders to
 *                              run all of them (npm run soak draws more)
 * interleavings/run.ts         checks each response, and the data under each ID at the end
 *
 * A run fails if
 * - a session that has ended comes back,
 * - an acknowledged change is lost,
 * - two requests change one key and the earlier change stays,
 * - an ID is valid after the response of the regenerate() or destroy() that ended it,
 * - a request that came too late sets or clears a cookie, or
 * - a usable record is left and no client holds its ID.
 */
describe("Concurrent requests of one session", function () {
  this.timeout(60_000);
  let clock: Clock;

  beforeEach(() => (clock = new Clock()));
  afterEach(() => clock.restore());

  for (const [index, first] of OPERATIONS.entries()) {
    for (const second of OPERATIONS.slice(index)) {
      it(`agree with the model in every order of their steps: ${first} and ${second}`, async () => {
        const count = await everySchedule((choose) => Run.of([first, second], choose, clock));
        expect(count).to.be.at.least(2);
      });
    }
  }

  it(`agree with the model in random orders of three requests (FC_SEED=${seed})`, async () => {
    await drawOrders(runs(1500), clock);
  });
});
