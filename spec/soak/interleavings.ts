import { drawOrders } from "../external/interleavings/draw-orders.js";
import { Clock } from "../support/clock.js";
import { seed } from "../support/runs.js";

describe("Three concurrent requests of one session", () => {
  let clock: Clock;

  beforeEach(() => (clock = new Clock()));
  afterEach(() => clock.restore());

  it(`agree with the model in 50,000 random orders of their steps (FC_SEED=${seed})`, async () => {
    await drawOrders(50_000, clock);
  });
});
