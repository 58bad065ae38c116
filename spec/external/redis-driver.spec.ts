import { expect } from "chai";
import { EventEmitter } from "node:events";
import type { RedisAdapter } from "../../lib/external/redis/adapter.js";
import type { RedisClient } from "../../lib/external/redis/client.js";
import { RedisDriver } from "../../lib/external/redis/driver.js";

// A busy process that overtakes its replies cannot be made at will, so the client is a stand-in here.
// `redis-crowds.spec.ts` has real ones.
describe("A Redis client whose command has timed out", () => {
  const driverOf = (isReady: boolean): RedisDriver => {
    const adapter = { isOneConnection: true, isReady: () => isReady };
    const client: unknown = new EventEmitter();
    return new RedisDriver(client as RedisClient, adapter as RedisAdapter);
  };

  it("hangs if it hears nothing while the process takes three turns", async () => {
    const driver = driverOf(true);
    driver.listen();
    expect(driver.silentAtMs).to.equal(-Infinity);
    await driver.listening;
    expect(driver.silentAtMs).to.be.above(0);
    expect(driver.listening).to.equal(undefined);
  });

  it("does not hang if a reply is read meanwhile", async () => {
    const driver = driverOf(true);
    driver.listen();
    setImmediate(() => (driver.heardAtMs = performance.now()));
    await driver.listening;
    expect(driver.silentAtMs).to.equal(-Infinity);
  });

  it("hangs at once if it is down, so that it sends nothing later", () => {
    const driver = driverOf(false);
    driver.listen();
    expect(driver.silentAtMs).to.be.above(0);
  });
});
