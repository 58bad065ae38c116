import { expect } from "chai";
import { Clock } from "../support/clock.js";
import { runs } from "../support/runs.js";
import { drawOrders, seed } from "./interleavings/draw-orders.js";
import { OPERATIONS } from "./interleavings/operations.js";
import { Run } from "./interleavings/run.js";
import { everySchedule } from "./interleavings/schedule.js";

/*
 * Requests of one session, and time, against one another in every order in which their steps can happen. A step is a call of
 * the backend (each waits for its turn and happens at once) with all that the request then does up to its next call; the
 * session's expiry passes in a step of its own.
 *
 * interleavings/schedule.ts    runs parties step by step, in each order that there is or in one that is given
 * interleavings/operations.ts  what the requests do
 * interleavings/model.ts       what may be in the backend, and which steps lead from one such state to the next
 * interleavings/draw-orders.ts three requests are too many for every order: draws some by lot (npm run soak draws more)
 * interleavings/run.ts         what each response must say, and what each ID must lead to in the end
 *
 * So a run fails when a session that is over comes back, when a change that was acknowledged is not there, when of two changes of
 * one key the earlier one stays, when an ID is good after the response of the regenerate or destroy that ended it, when a
 * request that came too late sets or clears a cookie, and when anything usable is left that no client holds the ID of.
 */
describe("requests of one session at once", function () {
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

  it(`agree with the model when there are three, in orders drawn by lot (FC_SEED=${seed})`, async () => {
    await drawOrders(runs(1500), clock);
  });
});
