import { expect } from "chai";
import { Redis } from "ioredis";
import { inspect } from "node:util";
import { RedisSessionStore, type SessionError } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { ConcurrentRunner } from "../support/concurrent-runner.js";
import { clientsOn } from "../support/redis-clients.js";
import { RedisServer } from "../support/redis-server.js";
import { BOUND, RedisWorld } from "../support/redis-world.js";
import { waitUntil } from "../support/wait-until.js";

describe("RedisSessionStore's errors", function () {
  this.timeout(60_000);
  const runner = new ConcurrentRunner(8);
  before(() => runner.start());

  for (const { title, create } of clientsOn("one node")) {
    const specify = (
      sentence: string,
      args: string[],
      spec: (world: RedisWorld) => Promise<void>,
    ) => {
      runner.it(`${sentence} (${title})`, async () => {
        const world = await RedisWorld.start(create, ...args);
        try {
          await spec(world);
        } finally {
          await world.stop();
        }
      });
    };

    for (const [command, path] of [
      ["GET", "/visit"],
      ["SET", "/visit"],
      ["EVALSHA", "/visit"],
      ["DEL", "/logout"],
    ] as const) {
      const args = ["--rename-command", command, ""];
      specify(
        `quote no key and no data when the server knows no ${command}`,
        args,
        async (world) => {
          if (command !== "SET") await world.visit();
          const { cause } = await world.assertFails(path, BOUND);
          // The server quotes how the command went on; that is cut off.
          expect((cause as Error).message).to.match(/^ERR unknown command .?\w+.?$/);
        },
      );
    }

    specify(
      "tell that the server is still loading, and nothing is lost",
      [
        ...["--enable-debug-command", "local", "--key-load-delay", "10000"],
        ...["--loading-process-events-interval-bytes", "1024"],
      ],
      async (world) => {
        const { server } = world;
        await world.visit();
        await server.cli("DEBUG", "POPULATE", "20000");
        await server.cli("SAVE");
        const restarting = server.restart();
        await waitUntil("the server to load", async () => {
          return (await server.cli("PING")).includes("LOADING");
        });
        await world.assertFails("/visit", BOUND);
        await world.assertServesWithoutSession();
        await server.cli("CONFIG", "SET", "key-load-delay", "0");
        await restarting;
        expect(await world.recovery()).to.include({ hits: 1 });
      },
    );
  }

  it("tell no password, which ioredis puts into its errors with the AUTH that failed", async () => {
    const server = await RedisServer.start();
    await server.cli("CONFIG", "SET", "requirepass", "right");
    const store = new RedisSessionStore({
      getClient: () => new Redis(server.port, { password: "a wrong password", lazyConnect: true }),
    });
    const visited = app(
      { store, defaultSessionData: {} },
      { "/": (ctx) => (ctx.session.data.a = 1) },
    );
    for (let i = 0; i < 3; i++) expect((await new Browser(visited).post("/")).status).to.equal(500);
    const [error] = visited.errors as [SessionError];
    expect(inspect(error)).to.include("WRONGPASS");
    const told = inspect(visited.errors, { depth: Infinity, showHidden: true });
    expect(told).to.not.include("a wrong password");
    await store.close();
    await server.stop();
  });
});
