import { expect } from "chai";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { ConcurrentRunner } from "../support/concurrent-runner.js";
import { clientsOn } from "../support/redis-clients.js";
import { RedisMonitor } from "../support/redis-monitor.js";
import { BOUND, RedisWorld } from "../support/redis-world.js";

interface Fault {
  title: string;
  strike(world: RedisWorld): unknown;
  heal(world: RedisWorld): unknown;
  /** Whether the server comes back without its records. */
  forgets?: boolean;
  /** When it may carry out what it was asked for, although nobody hears of it. */
  mayObey?: "at once" | "later";
}

const FAULTS: Fault[] = [
  {
    title: "is killed",
    strike: ({ server }) => server.kill(),
    heal: ({ server }) => server.restart(),
    forgets: true,
  },
  {
    title: "refuses connections",
    strike: ({ proxy }) => proxy.refuse(),
    heal: ({ proxy }) => proxy.pass(),
  },
  {
    title: "stands still",
    strike: ({ server }) => server.pause(),
    heal: ({ server }) => server.resume(),
    mayObey: "later", // it finds in its memory what it was sent
  },
  {
    title: "cannot be reached, without a word",
    strike: ({ proxy }) => proxy.hang(),
    heal: ({ proxy }) => proxy.pass(),
    mayObey: "later", // what is on its way arrives
  },
  {
    title: "is too slow",
    strike: ({ proxy }) => proxy.delay(BOUND * 2000),
    heal: ({ proxy }) => proxy.pass(),
    mayObey: "at once",
  },
  {
    title: "is cut off before each request",
    strike: ({ proxy }) => proxy.cutBeforeRequest(),
    heal: ({ proxy }) => proxy.pass(),
  },
  {
    title: "is cut off before each reply",
    strike: ({ proxy }) => proxy.cutBeforeReply(),
    heal: ({ proxy }) => proxy.pass(),
    mayObey: "at once",
  },
  {
    title: "has become a replica (READONLY)",
    strike: ({ server }) => server.cli("REPLICAOF", "127.0.0.1", "1"),
    heal: ({ server }) => server.cli("REPLICAOF", "NO", "ONE"),
  },
  {
    title: "has no memory left (OOM)",
    strike: ({ server }) => server.cli("CONFIG", "SET", "maxmemory", "1"),
    heal: ({ server }) => server.cli("CONFIG", "SET", "maxmemory", "0"),
  },
];

describe("RedisSessionStore when its server", function () {
  this.timeout(60_000);
  const runner = new ConcurrentRunner(14);
  before(() => runner.start());

  for (const { title: client, create, isPool = false } of clientsOn("one node")) {
    const specify = (title: string, spec: (world: RedisWorld) => Promise<void>) => {
      runner.it(`${title} (${client})`, async () => {
        const world = await RedisWorld.start(create);
        try {
          await spec(world);
        } finally {
          await world.stop();
        }
      });
    };

    for (const { title, strike, heal, forgets = false, mayObey } of FAULTS) {
      specify(`${title} while a request is under way`, async (world) => {
        const { browser, server } = world;
        await world.visit();
        await world.visit(); // the server knows the script now
        const cookie = browser.cookie("session");
        world.meanwhile = () => strike(world);
        await world.assertFails("/visit/broken", BOUND);
        await world.assertServesWithoutSession();
        await world.assertFails("/visit", BOUND);
        expect(browser.cookie("session")).to.equal(cookie);
        await heal(world);
        if (forgets) {
          await world.recovery();
          expect(await world.visit()).to.equal(1);
          return;
        }
        const monitor = await RedisMonitor.on(server);
        // Time for a client to connect again and to send whatever it may have kept.
        const late = await monitor.during(() => sleep(1000));
        monitor.close();
        if (mayObey !== "later") expect(late).to.deep.equal([]);
        const { hits } = await world.recovery();
        expect(hits).to.be.within(2, mayObey ? 3 : 2);
        expect(await world.visit()).to.be.above(hits!);
      });
    }

    for (const title of ["refuses connections", "cannot be reached, without a word"]) {
      const { strike, heal } = FAULTS.find((fault) => fault.title === title)!;

      specify(`${title} from the start`, async (world) => {
        await strike(world);
        await world.assertFails("/visit", BOUND);
        expect(world.browser.cookie("session")).to.equal(undefined);
        if (title.includes("without a word")) {
          // The start has begun a moment after its request, and may not have failed yet.
          await world.assertFails("/visit", BOUND);
          await assertFailAtOnce(world);
        }
        await world.assertServesWithoutSession();
        await heal(world);
        expect(await world.visit()).to.equal(1);
        expect(await world.visit()).to.equal(2);
      });

      specify(`${title} and is known to: calls fail at once`, async (world) => {
        await world.visit();
        await strike(world);
        await world.assertFails("/visit", BOUND);
        // A pool that is refused does not tell, so that a call finds it out once more.
        if (isPool) await world.assertFails("/visit", BOUND);
        await assertFailAtOnce(world);
        await heal(world);
        await world.recovery();
      });
    }

    specify("is cut off once, before the reply: an update() is not made twice", async (world) => {
      const { browser, proxy } = world;
      await world.visit();
      expect((await browser.post("/count")).status).to.equal(200);
      world.meanwhile = () => proxy.cutBeforeReply(1);
      await world.assertFails("/count", BOUND);
      world.meanwhile = () => {};
      await proxy.pass();
      expect(await world.recovery()).to.include({ count: 2 });
      expect((await browser.post("/count")).status).to.equal(200);
      expect(await world.recovery()).to.include({ count: 3 });
    });
  }
});

/** Before anything else happens. */
async function assertFailAtOnce(world: RedisWorld): Promise<void> {
  const failures = Array.from({ length: 50 }, () => world.assertFails("/visit", BOUND));
  const atOnce = Promise.all(failures).then(() => "at once");
  expect(await Promise.race([atOnce, setImmediate("later")])).to.equal("at once");
}
