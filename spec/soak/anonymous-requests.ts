import { UnsafeMemoryStore } from "../../lib/index.js";
import { expectNothingLeftOf } from "../support/anonymous-traffic.js";

describe("a million anonymous requests", () => {
  it("leave no record, no cookie and a flat heap", async () => {
    await expectNothingLeftOf(1_000_000, new UnsafeMemoryStore());
  });
});
