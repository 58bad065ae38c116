import { drawBindingOrders } from "../external/interleavings/draw-binding-orders.js";
import { drawOrders } from "../external/interleavings/draw-orders.js";
import { drawOwnerOrders } from "../external/interleavings/draw-owner-orders.js";
import { Clock } from "../support/clock.js";
import { seed } from "../support/runs.js";

describe("Three concurrent requests", () => {
  let clock: Clock;

  beforeEach(() => (clock = new Clock()));
  afterEach(() => clock.restore());

  it(`agree with the model in 50,000 random orders of their steps (FC_SEED=${seed})`, async () => {
    await drawOrders(50_000, clock);
  });

  it(`agree with the model in 100,000 random orders if sessions have owners (FC_SEED=${seed})`, async () => {
    await drawOwnerOrders(100_000, clock);
  });

  it(`agree with the model in 50,000 random orders if sessions are bound to devices (FC_SEED=${seed})`, async () => {
    await drawBindingOrders(50_000, clock);
  });
});
