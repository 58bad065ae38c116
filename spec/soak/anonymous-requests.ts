import { UnsafeMemoryStore } from "../../lib/index.js";
import { expectNothingLeftOf } from "../support/anonymous-traffic.js";

describe("A million anonymous requests", () => {
  it("create no record, set no cookie and do not grow the heap", async () => {
    await expectNothingLeftOf(1_000_000, new UnsafeMemoryStore());
  });
});
