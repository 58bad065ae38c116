import { expect } from "chai";
import { createClient } from "redis";
import { RedisSessionStore } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { closesAfterEach } from "../support/close-after-each.js";
import { Incrementer } from "../support/redis-incrementers.js";
import { RedisServer } from "../support/redis-server.js";
import { PATIENT } from "../support/patient.js";
import { waitUntil } from "../support/wait-until.js";

/** The number of updates of each process that is not killed. */
const UPDATES = Number(process.env.REDIS_UPDATES ?? 1000);
const SESSIONS = 6;
/** The number of concurrent updates in one process; see `redis-incrementer.ts`. */
const AT_ONCE = 4;

describe("Processes that share sessions in Redis", function () {
  this.timeout(60_000 + UPDATES * 20);
  const closeAfter = closesAfterEach();
  let redis: RedisServer;
  let store: RedisSessionStore;

  before(async () => {
    redis = await RedisServer.start();
    store = new RedisSessionStore({
      timeout: PATIENT,
      getClient: () => createClient({ url: redis.url }),
    });
  });
  after(async () => {
    await store?.close();
    await redis?.stop();
  });

  it("lose no acknowledged update(), even if some of them are killed", async () => {
    const counted = app(
      { store, defaultSessionData: {} },
      {
        "/begin": (ctx) => (ctx.session.data.count = 0),
        "/": (ctx) => ctx.session.data.count,
      },
    );
    const browsers = Array.from({ length: SESSIONS }, () => new Browser(counted));
    for (const browser of browsers) await browser.post("/begin");
    const ids = browsers.map((browser) => browser.cookie("session")!);

    const start = (updates: number) => closeAfter(new Incrementer(redis.url, updates, ids));
    const survivors = [0, 1].map(() => start(UPDATES));
    const victims = [0, 1].map(() => start(Infinity));
    for (const [index, victim] of victims.entries()) {
      await waitUntil(
        "updates of a process that is to be killed",
        () => victim.total > (index + 1) * 50,
        40,
      );
      victim.kill();
    }
    for (const survivor of survivors) expect(await survivor.end()).to.equal(null);
    for (const victim of victims) expect(await victim.end()).to.equal("SIGKILL");

    let unacknowledged = 0;
    for (const [session, browser] of browsers.entries()) {
      const count: number = await (await browser.get("/")).json();
      const acknowledged = [...survivors, ...victims].reduce(
        (sum, process) => sum + process.acknowledged[session]!,
        0,
      );
      expect(count).to.be.at.least(acknowledged);
      unacknowledged += count - acknowledged;
    }
    // These updates were written, but their process was killed before it acknowledged them.
    expect(unacknowledged).to.be.at.most(victims.length * AT_ONCE);
    for (const { total } of survivors) expect(total).to.be.within(UPDATES * 0.9, UPDATES);
  });
});
