import { expect } from "chai";
import { RedisServer } from "./redis-server.js";

describe("RedisServer", () => {
  let redis: RedisServer;

  beforeEach(async () => {
    redis = await RedisServer.start();
  });
  afterEach(() => redis?.stop());

  it("restarts empty on the same port after a crash", async () => {
    const { port } = redis;
    await redis.cli("SET", "key", "value");
    await redis.kill();
    const refused = await redis.cli("PING").catch((error: Error) => error.message);
    expect(refused).to.match(/Connection refused/);
    await redis.restart();
    expect(redis.port).to.equal(port);
    expect(await redis.cli("GET", "key")).to.equal("");
  });

  it("does not answer while it is paused", async () => {
    redis.pause();
    let answered = false;
    const ping = redis.cli("PING").then((reply) => {
      answered = true;
      return reply;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(answered).to.equal(false);
    redis.resume();
    expect(await ping).to.equal("PONG");
  });
});
