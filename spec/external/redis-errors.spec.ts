import { expect } from "chai";
import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis5";
import { createClient } from "redis";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { RedisSessionStore, SessionError } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { ConcurrentRunner } from "../support/concurrent-runner.js";
import { PATIENT } from "../support/patient.js";
import { clientsOn } from "../support/redis-clients.js";
import { closesAfterEach } from "../support/close-after-each.js";
import { RedisServer } from "../support/redis-server.js";
import { RedisWorld, SECRET, type RedisWorldOptions } from "../support/redis-world.js";
import { waitUntil } from "../support/wait-until.js";

describe("The errors of RedisSessionStore", function () {
  this.timeout(60_000);
  const runner = new ConcurrentRunner(8);
  before(() => runner.start());
  const closeAfter = closesAfterEach();

  for (const { title, create } of clientsOn("one node")) {
    const specify = (
      name: string,
      options: RedisWorldOptions,
      spec: (world: RedisWorld) => Promise<void>,
    ) => {
      runner.it(`${name} (${title})`, async () => {
        const world = await RedisWorld.start(create, options);
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
      ["EVAL", "/visit"],
      ["EVAL", "/logout"],
    ] as const) {
      const args = ["--rename-command", command, ""];
      specify(
        `contain no key and no data when the server does not know ${command} for ${path}`,
        { args, timeout: PATIENT },
        async (world) => {
          if (command !== "SET") await world.visit();
          const { cause } = await world.assertFails(path);
          // The server quotes the arguments of the command. The store removes them.
          expect((cause as Error).message).to.match(/^ERR unknown command .?\w+.?$/);
        },
      );
    }

    specify(
      "end when the server has loaded its data, and no session is lost",
      {
        args: [
          ...["--enable-debug-command", "local", "--key-load-delay", "10000"],
          ...["--loading-process-events-interval-bytes", "1024"],
        ],
      },
      async (world) => {
        const { server } = world;
        await world.visit();
        await server.cli("DEBUG", "POPULATE", "20000");
        await server.cli("SAVE");
        const restarting = server.restart();
        await waitUntil("the server to load", async () => {
          return (await server.cli("PING")).includes("LOADING");
        });
        await world.assertFails("/visit");
        await world.assertServesWithoutSession();
        await server.cli("CONFIG", "SET", "key-load-delay", "0");
        await restarting;
        expect(await world.recovery()).to.include({ hits: 1 });
      },
    );

    specify(
      "name the timeout, the host and the command of a server that hangs",
      { timeout: 1 },
      async (world) => {
        await world.visit();
        world.server.pause();
        // The client is given up when the first one times out, while the others are under way.
        const failing = [0, 300, 600].map(async (delay) => {
          await sleep(delay);
          return world.assertFails("/visit");
        });
        const answers = (await Promise.all(failing)).map(({ cause }) => (cause as Error).message);
        const address = `127.0.0.1:${world.proxy.port}`;
        for (const answer of answers) {
          expect(answer)
            .to.match(/^No answer from .+ to GET within 1 s\.$/)
            .and.include(address);
        }
        const { cause } = await world.assertFails("/visit");
        expect((cause as Error).message).to.equal(`No answer from ${address} within 1 s.`);
      },
    );

    specify("carry no cause of an earlier outage", { timeout: 1 }, async (world) => {
      const { proxy } = world;
      await world.visit();
      await proxy.refuse();
      await waitUntil("the cause", async () => {
        return inspect(await world.assertFails("/visit")).includes("ECONNREFUSED");
      });
      await proxy.pass();
      await world.recovery();
      await proxy.hang();
      proxy.closeAll(); // without an error
      await setImmediate();
      expect(inspect(await world.assertFails("/visit"))).to.not.include("ECONNREFUSED");
    });
  }

  // A proxy in front of Redis words its errors in its own way. No redis-server does this, so this one
  // is a fake: it has one record under every key, and refuses every write.
  for (const { title, create } of clientsOn("one node")) {
    it(`contain no key and no data when a proxy quotes the command in words of its own (${title})`, async () => {
      const now = Math.floor(Date.now() / 1000);
      const record = `1.${now}.${now + 86_400}.{"note":"${SECRET}"}`;
      const server = createServer((client) => {
        let received = "";
        closeAfter(() => client.destroy());
        client.on("error", () => {});
        client.on("data", (bytes) => {
          received += String(bytes);
          for (let count; (count = Number(/^\*(\d+)\r\n/.exec(received)?.[1]));) {
            const lines = received.split("\r\n");
            if (lines.length < count * 2 + 2) return;
            const words = lines.splice(0, count * 2 + 1).filter((_, at) => at > 0 && at % 2 === 0);
            received = lines.join("\r\n");
            const command = words[0]!.toUpperCase();
            if (command === "GET") client.write(`$${record.length}\r\n${record}\r\n`);
            else if (["SET", "EVAL"].includes(command))
              client.write(`-ERR the upstream refuses ${words.join(" ")}\r\n`);
            else client.write("+OK\r\n");
          }
        });
      });
      closeAfter(server.listen(0, "127.0.0.1"));
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const proxy = { url: `redis://127.0.0.1:${port}`, port } as RedisServer;
      const getClient = () => create({ nodes: [proxy], stop: async () => {} });
      const store = closeAfter(new RedisSessionStore({ getClient, timeout: 5 }));
      const site = app(
        { store, defaultSessionData: {} },
        {
          "/set": ({ session: { data } }) => (data.note = `${SECRET}, but a new one`),
          "/logout": ({ session }) => session.destroy(),
        },
      );
      const cookie = `session=${"A".repeat(43)}`;
      for (const [path, options] of [
        ["/set", {}],
        ["/set", { cookie }],
        ["/logout", { cookie }],
      ] as const) {
        expect((await new Browser(site).post(path, options)).status).to.equal(500);
        const text = inspect(site.errors.at(-1), { depth: Infinity, showHidden: true });
        expect(text).to.include("the upstream refuses");
        expect(text).to.not.include(SECRET).and.not.include("session:");
      }
    });
  }

  const PASSWORD = "aPasswordOfRedis";
  for (const [library, create] of [
    ["node-redis", (url: string) => createClient({ url })],
    ["ioredis 6", (url: string) => new Redis(url, { lazyConnect: true })],
    ["ioredis 5", (url: string) => new Redis5(url, { lazyConnect: true })],
  ] as const) {
    for (const url of [
      `'redis://:${PASSWORD}@127.0.0.1:1'`,
      `redis://:${PASSWORD}@127.0.0.1:1'`,
      `"redis://:${PASSWORD}@127.0.0.1:1`,
      ` redis://:${PASSWORD}@127.0.0.1:1`,
      `REDIS_URL=redis://:${PASSWORD}@127.0.0.1:1`,
      `redis//user:${PASSWORD}@127.0.0.1:1`,
      `redis://user:${PASSWORD}/with a slash@127.0.0.1:1`,
      `:${PASSWORD}@127.0.0.1:1`,
    ]) {
      it(`contain no password of a mistyped URL: ${url.replace(PASSWORD, "…")} (${library})`, async () => {
        const getClient = (): any => create(url);
        const store = closeAfter(new RedisSessionStore({ timeout: 5, getClient }));
        const errors = [await store.ping().catch(same), await store.ping().catch(same)];
        expect(errors[0]).to.be.an.instanceOf(SessionError);
        const text = inspect(errors, { depth: Infinity, showHidden: true });
        expect(text).to.not.include(PASSWORD);
      });
    }
  }

  it("contain no password, although ioredis adds the failed AUTH command to its errors", async () => {
    const server = closeAfter(await RedisServer.start());
    await server.cli("CONFIG", "SET", "requirepass", "right");
    const store = closeAfter(
      new RedisSessionStore({
        timeout: PATIENT,
        getClient: () =>
          new Redis(server.port, { password: "a wrong password", lazyConnect: true }),
      }),
    );
    const site = app({ store, defaultSessionData: {} }, { "/": (ctx) => (ctx.session.data.a = 1) });
    for (let i = 0; i < 3; i++) expect((await new Browser(site).post("/")).status).to.equal(500);
    const [error] = site.errors as [SessionError];
    expect(inspect(error)).to.include("WRONGPASS");
    const text = inspect(site.errors, { depth: Infinity, showHidden: true });
    expect(text).to.not.include("a wrong password");
  });
});

function same(error: unknown): unknown {
  return error;
}
