import { expect } from "chai";
import { RedisSessionStore } from "../../lib/index.js";
import { app, type App } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { clientsOn, type RedisClientKind } from "../support/redis-clients.js";
import { deployRedis, type RedisDeployment } from "../support/redis-deployments.js";
import { RedisMonitor } from "../support/redis-monitor.js";
import type { RedisServer } from "../support/redis-server.js";
import { PATIENT } from "../support/patient.js";

for (const topology of ["one node", "Cluster", "Sentinel"] as const) {
  describe(`The commands of RedisSessionStore on ${topology}`, () => {
    let deployment: RedisDeployment;
    let masters: RedisServer[];
    let monitor: RedisMonitor;

    before(async function () {
      this.timeout(60_000);
      deployment = await deployRedis(topology);
      masters = deployment.nodes.slice(0, topology === "Cluster" ? 3 : 1);
      monitor = await RedisMonitor.on(...masters);
    });
    after(async () => {
      monitor?.close();
      await deployment?.stop();
    });

    const eachMaster = (...command: string[]) =>
      Promise.all(masters.map((master) => master.cli(...command)));

    for (const kind of clientsOn(topology)) {
      describe(`with ${kind.title}`, () => specify(kind));
    }

    function specify({ create }: RedisClientKind) {
      let store: RedisSessionStore;
      let visits: App;
      let browser: Browser;

      before(() => {
        store = new RedisSessionStore({ timeout: PATIENT, getClient: () => create(deployment) });
        visits = app(
          { store, defaultSessionData: { hits: 0 }, idleTimeout: 600 },
          {
            "/": (ctx) => ctx.session.data,
            "/visit": (ctx) => ++ctx.session.data.hits,
            "/login": (ctx) => ctx.session.regenerate(),
            "/logout": (ctx) => ctx.session.destroy(),
            "/race": async (ctx) => {
              ctx.session.data.raced = true;
              await browser.post("/visit"); // a conflict
              await eachMaster("SCRIPT", "FLUSH");
            },
          },
        );
      });
      beforeEach(async () => {
        await eachMaster("FLUSHALL");
        browser = new Browser(visits);
        await browser.post("/visit");
      });
      after(() => store?.close());

      it("are one GET for a load, and one more EVAL for a save", async () => {
        const loading = await monitor.during(() => browser.get("/"));
        expect(loading.map(name)).to.deep.equal(["GET"]);
        const saving = await monitor.during(() => browser.post("/visit"));
        expect(saving.map(name)).to.deep.equal(["GET", "EVAL"]);
        expect(new Set([...loading, ...saving].map(key)).size).to.equal(1);
      });

      it("are SET NX EX to create a record, and one script to end it", async () => {
        const other = new Browser(visits);
        const creating = await monitor.during(() => other.post("/visit"));
        expect(creating.map(name)).to.deep.equal(["SET"]);
        const options = creating[0]!.slice(3).map((option) => option.toUpperCase());
        // The lifetime is 599 if a new second begins before the command is sent.
        expect(options.filter((option) => !/^(600|599)$/.test(option))).to.have.members([
          "EX",
          "NX",
        ]);
        expect(options).to.have.length(3);
        const ending = await monitor.during(() => other.post("/logout"));
        expect(ending.map(name)).to.deep.equal(["GET", "EVAL"]);
      });

      it("do not depend on scripts that the server has cached", async () => {
        expect((await browser.post("/race")).status).to.equal(200);
        expect(await (await browser.get("/")).json()).to.deep.equal({ hits: 2, raced: true });
        expect(visits.errors).to.deep.equal([]);
      });

      it("write a record and a TTL that redis-cli can read", async () => {
        const keys = (await eachMaster("KEYS", "*")).join("\n").trim().split("\n");
        expect(keys).to.have.length(1);
        expect(keys[0]).to.match(/^session:[\w-]{43}$/);
        const now = Math.floor(Date.now() / 1000);
        const records = await Promise.all(
          masters.map((master) => master.cli("-c", "GET", keys[0]!)),
        );
        const [, version, created, expires, data] = /^(\d+)\.(\d+)\.(\d+)\.(.*)$/.exec(
          records[0]!,
        )!;
        expect(version).to.equal("1");
        expect(Number(created)).to.be.within(now - 5, now);
        expect(Number(expires) - Number(created)).to.equal(600);
        expect(data).to.equal('{"hits":1}');
        expect(Number(await masters[0]!.cli("-c", "TTL", keys[0]!))).to.be.within(595, 600);
      });

      it("leave a tombstone of a minute under the old key after regenerate()", async () => {
        const [before] = (await monitor.during(() => browser.get("/"))).map(key);
        await browser.post("/login");
        const [after] = (await monitor.during(() => browser.get("/"))).map(key);
        expect(after).to.not.equal(before);
        const tombstone = await masters[0]!.cli("-c", "GET", before!);
        expect(tombstone).to.match(/^1\.\d{10}\.0\.[\w-]{43}$/);
        expect(after, "the key that it names").to.equal(`session:${tombstone.slice(-43)}`);
        expect(Number(await masters[0]!.cli("-c", "TTL", before!))).to.be.within(50, 60);
        expect(await masters[0]!.cli("-c", "EXISTS", after!)).to.equal("1");
      });
    }
  });
}

function name([command]: string[]): string {
  return command!.toUpperCase();
}

function key(command: string[]): string {
  return command.find((argument) => argument.startsWith("session:"))!;
}
