import { drawOrders, seed } from "../external/interleavings/draw-orders.js";
import { Clock } from "../support/clock.js";

describe("three requests of one session at once", () => {
  let clock: Clock;

  beforeEach(() => (clock = new Clock()));
  afterEach(() => clock.restore());

  it(`agree with the model in fifty thousand orders of their steps (FC_SEED=${seed})`, async () => {
    await drawOrders(50_000, clock);
  });
});
