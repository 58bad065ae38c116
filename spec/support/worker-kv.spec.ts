import { expect } from "chai";
import { WorkerKv } from "./worker-kv.js";

describe("WorkerKv", () => {
  let kv: WorkerKv;

  before(async () => {
    kv = await WorkerKv.start();
  });
  after(() => kv.dispose());

  it("rejects a ttl under a minute, like the real Workers KV", async () => {
    await kv.namespace.put("key", "value", { expirationTtl: 60 });
    expect(await kv.namespace.get("key")).to.equal("value");
    const refusal = await kv.namespace
      .put("key", "value", { expirationTtl: 59 })
      .catch((error: Error) => error.message);
    expect(refusal).to.match(/at least 60/);
  });
});
