import { expect } from "chai";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { ConcurrentRunner } from "../support/concurrent-runner.js";
import { PATIENT } from "../support/patient.js";
import { clientsOn } from "../support/redis-clients.js";
import { RedisMonitor } from "../support/redis-monitor.js";
import { RedisWorld, type RedisWorldOptions } from "../support/redis-world.js";

interface Fault {
  title: string;
  strike(world: RedisWorld): unknown;
  heal(world: RedisWorld): unknown;
  /** Whether the server restarts without its records. */
  losesRecords?: boolean;
  /** When the server may still execute a command whose request has already failed. */
  mayExecute?: "immediately" | "later";
  /** The timeout of the store, if requests fail at once with every client. */
  timeout?: number;
}

const FAULTS: Fault[] = [
  {
    title: "is killed",
    strike: ({ server }) => server.kill(),
    heal: ({ server }) => server.restart(),
    losesRecords: true,
  },
  {
    title: "refuses connections",
    strike: ({ proxy }) => proxy.refuse(),
    heal: ({ proxy }) => proxy.pass(),
  },
  {
    title: "is paused",
    strike: ({ server }) => server.pause(),
    heal: ({ server }) => server.resume(),
    mayExecute: "later", // the commands wait in its socket buffers
  },
  {
    title: "does not answer",
    strike: ({ proxy }) => proxy.hang(),
    heal: ({ proxy }) => proxy.pass(),
    mayExecute: "later", // the commands arrive later
  },
  {
    title: "is too slow",
    strike: ({ proxy, bound }) => proxy.delay(bound * 2000),
    heal: ({ proxy }) => proxy.pass(),
    mayExecute: "immediately",
  },
  {
    title: "loses the connection before each request",
    strike: ({ proxy }) => proxy.cutBeforeRequest(),
    heal: ({ proxy }) => proxy.pass(),
  },
  {
    title: "loses the connection before each reply",
    strike: ({ proxy }) => proxy.cutBeforeReply(),
    heal: ({ proxy }) => proxy.pass(),
    mayExecute: "immediately",
  },
  {
    title: "has become a replica (READONLY)",
    strike: ({ server }) => server.cli("REPLICAOF", "127.0.0.1", "1"),
    heal: ({ server }) => server.cli("REPLICAOF", "NO", "ONE"),
    timeout: PATIENT,
  },
  {
    title: "is out of memory (OOM)",
    strike: ({ server }) => server.cli("CONFIG", "SET", "maxmemory", "1"),
    heal: ({ server }) => server.cli("CONFIG", "SET", "maxmemory", "0"),
    timeout: PATIENT,
  },
];

describe("RedisSessionStore: when its server", function () {
  this.timeout(60_000);
  const runner = new ConcurrentRunner(10);
  before(() => runner.start());

  for (const { title: client, create } of clientsOn("one node")) {
    const specify = (
      title: string,
      spec: (world: RedisWorld) => Promise<void>,
      options: RedisWorldOptions = {},
    ) => {
      runner.it(`${title} (${client})`, async () => {
        const world = await RedisWorld.start(create, options);
        try {
          await spec(world);
        } finally {
          await world.stop();
        }
      });
    };

    for (const { title, strike, heal, losesRecords = false, mayExecute, timeout } of FAULTS) {
      specify(
        `${title} during a request, that request fails and later requests succeed`,
        async (world) => {
          const { browser, server } = world;
          await world.visit();
          await world.visit(); // the server has cached the script now
          const cookie = browser.cookie("session");
          world.meanwhile = () => strike(world);
          await world.assertFails("/visit/broken");
          await world.assertServesWithoutSession();
          await world.assertFails("/visit");
          expect(browser.cookie("session")).to.equal(cookie);
          await heal(world);
          if (losesRecords) {
            await world.recovery();
            expect(await world.visit()).to.equal(1);
            return;
          }
          const monitor = await RedisMonitor.on(server);
          // The client gets time to reconnect and to send commands that it has queued.
          const late = await monitor.during(() => sleep(1000)).finally(() => monitor.close());
          if (mayExecute !== "later") expect(late).to.deep.equal([]);
          const { hits } = await world.recovery();
          expect(hits).to.be.within(2, mayExecute ? 3 : 2);
          expect(await world.visit()).to.be.above(hits!);
        },
        timeout === undefined ? {} : { timeout },
      );
    }

    for (const title of ["refuses connections", "does not answer"]) {
      const { strike, heal } = FAULTS.find((fault) => fault.title === title)!;

      specify(`${title} from the start, requests fail until it recovers`, async (world) => {
        await strike(world);
        await world.assertFails("/visit");
        expect(world.browser.cookie("session")).to.equal(undefined);
        if (title === "does not answer") {
          // The connection attempt began a moment after its request and may still be running.
          await world.assertFails("/visit");
          await assertFailFast(world);
        }
        await world.assertServesWithoutSession();
        await heal(world);
        expect(await world.visit()).to.equal(1);
        expect(await world.visit()).to.equal(2);
      });

      specify(`${title} and a call has failed, later calls fail fast`, async (world) => {
        await world.visit();
        await strike(world);
        await world.assertFails("/visit");
        // A client that hangs is replaced first.
        if (title === "does not answer") await world.assertFails("/visit");
        await assertFailFast(world);
        await heal(world);
        await world.recovery();
      });
    }

    specify(
      "loses the connection before one reply, update() is not executed twice",
      async (world) => {
        const { browser, proxy } = world;
        await world.visit();
        expect((await browser.post("/count")).status).to.equal(200);
        world.meanwhile = () => proxy.cutBeforeReply(1);
        await world.assertFails("/count");
        world.meanwhile = () => {};
        await proxy.pass();
        expect(await world.recovery()).to.include({ count: 2 });
        expect((await browser.post("/count")).status).to.equal(200);
        expect(await world.recovery()).to.include({ count: 3 });
      },
      { timeout: PATIENT },
    );
  }
});

/** Checks that requests fail fast: before any I/O event is handled. */
async function assertFailFast(world: RedisWorld): Promise<void> {
  const failures = Array.from({ length: 50 }, () => world.assertFails("/visit"));
  const failed = Promise.all(failures).then(() => "immediately");
  expect(await Promise.race([failed, setImmediate("later")])).to.equal("immediately");
}
