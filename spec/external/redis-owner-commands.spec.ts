import { expect } from "chai";
import { RedisSessionStore } from "../../lib/index.js";
import { app, type App } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { PATIENT } from "../support/patient.js";
import { clientsOn, type RedisClientKind } from "../support/redis-clients.js";
import { deployRedis, type RedisDeployment } from "../support/redis-deployments.js";
import { RedisMonitor } from "../support/redis-monitor.js";

/** The commands of a request without the option `owner`, and with it. */
interface Cost {
  readonly without: string;
  readonly with: string;
}

/** What each request sends. `EVAL owner` is a script on the set of an owner's sessions. */
const COSTS: Record<string, Cost> = {
  "a request that only reads": { without: "GET", with: "GET" },
  "a save": { without: "GET, EVAL", with: "GET, EVAL" },
  "update()": { without: "GET, EVAL", with: "GET, EVAL" },
  "a renewal": { without: "GET, EVAL", with: "GET, EVAL owner, EVAL" },
  "the first save of a guest": { without: "SET", with: "SET" },
  "the log-in of a client without a session": { without: "SET", with: "EVAL owner, SET" },
  "the log-in of a guest with a session": {
    without: "GET, SET, EVAL, EVAL",
    with: "GET, SET, EVAL, EVAL owner, EVAL",
  },
  "regenerate() of an owned session": {
    without: "GET, SET, EVAL",
    with: "GET, EVAL owner, SET, EVAL, EVAL, EVAL owner",
  },
  "a log-out": { without: "GET, EVAL", with: "GET, EVAL, EVAL owner" },
};

for (const topology of ["one node", "Cluster"] as const) {
  describe(`With the option owner on ${topology},`, () => {
    let deployment: RedisDeployment;
    let monitor: RedisMonitor;

    before(async function () {
      this.timeout(60_000);
      deployment = await deployRedis(topology);
      monitor = await RedisMonitor.on(...deployment.nodes.slice(0, topology === "Cluster" ? 3 : 1));
    });
    after(async () => {
      monitor?.close();
      await deployment?.stop();
    });

    for (const kind of clientsOn(topology)) {
      describe(`with ${kind.title},`, () => specify(kind));
    }

    function specify({ create }: RedisClientKind): void {
      let stores: { without: RedisSessionStore; with: RedisSessionStore };
      let clock: Clock;

      before(() => {
        const client = create(deployment);
        const options = { timeout: PATIENT, getClient: () => client };
        const owner = (data: { user?: string }) => data.user;
        stores = {
          without: new RedisSessionStore(options),
          with: new RedisSessionStore({ ...options, owner }),
        };
      });
      beforeEach(() => void (clock = new Clock()));
      afterEach(() => clock.restore());
      after(async () => {
        for (const store of Object.values(stores ?? {})) await store.close();
      });

      /** The commands that are sent meanwhile. The servers of a Cluster tell no common order. */
      async function commands(work: () => unknown): Promise<string> {
        return inOrder((await monitor.during(work)).map(nameOf).join(", "));
      }

      function inOrder(list: string): string {
        const names = list.split(", ");
        if (topology === "Cluster") names.sort();
        return names.join(", ");
      }

      async function loggedIn(site: App, user = "ada"): Promise<Browser> {
        const browser = new Browser(site);
        await browser.post(`/login?user=${user}`);
        return browser;
      }

      const requests: Record<string, (site: App) => Promise<() => Promise<Response>>> = {
        "a request that only reads": async (site) => {
          const browser = await loggedIn(site);
          return () => browser.get("/");
        },
        "a save": async (site) => {
          const browser = await loggedIn(site);
          return () => browser.post("/visit");
        },
        "update()": async (site) => {
          const browser = await loggedIn(site);
          return () => browser.post("/update");
        },
        "a renewal": async (site) => {
          const browser = await loggedIn(site);
          clock.pass(100);
          return () => browser.get("/");
        },
        "the first save of a guest": async (site) => () => new Browser(site).post("/visit"),
        "the log-in of a client without a session": async (site) => () =>
          new Browser(site).post("/login?user=ada"),
        "the log-in of a guest with a session": async (site) => {
          const browser = new Browser(site);
          await browser.post("/visit");
          return () => browser.post("/login?user=ada");
        },
        "regenerate() of an owned session": async (site) => {
          const browser = await loggedIn(site);
          return () => browser.post("/regenerate");
        },
        "a log-out": async (site) => {
          const browser = await loggedIn(site);
          return () => browser.post("/logout");
        },
      };

      for (const [what, cost] of Object.entries(COSTS)) {
        it(`${what} sends ${cost.with}; without it, ${cost.without}`, async () => {
          for (const which of ["without", "with"] as const) {
            const site = appOn(stores[which]);
            const request = await requests[what]!(site);
            expect(await commands(request), which).to.equal(inOrder(cost[which]));
            expect(site.errors).to.deep.equal([]);
          }
        });
      }

      it("lists, and ends, with a few commands for each session, however many others there are", async () => {
        const { with: store } = stores;
        const site = appOn(store);
        const costs: string[][] = [];
        for (const others of [0, 30]) {
          for (let i = 0; i < others; i++) await loggedIn(site, `other ${i % 3}`);
          const user = `owner beside ${others}`;
          for (let i = 0; i < 4; i++) await loggedIn(site, user);
          const { id } = (await store.sessionsOf(user))[0]!;
          costs.push([
            await commands(() => store.sessionsOf(user)),
            await commands(() => store.endSession(id, { owner: user })),
            await commands(() => store.endSessionsOf(user)),
            await commands(() => store.sessionsOf(user)),
          ]);
        }
        const listing = inOrder(["EVAL owner", ..."GET ".repeat(4).trim().split(" ")].join(", "));
        const ending = inOrder("GET, EVAL, EVAL owner");
        for (const [list, end, endAll, empty] of costs as [string, string, string, string][]) {
          expect(list).to.equal(listing);
          expect(end).to.equal(ending);
          // Two passes read the index. Then each of three sessions is read, ended and unlinked.
          expect(countsOf(endAll)).to.deep.equal({ "EVAL owner": 5, GET: 3, EVAL: 3 });
          expect(empty).to.equal("EVAL owner");
        }
      });
    }
  });
}

function appOn(store: RedisSessionStore): App {
  return app(
    { store, defaultSessionData: { hits: 0 }, idleTimeout: 600 },
    {
      "/": (ctx) => ctx.session.data,
      "/visit": (ctx) => ++ctx.session.data.hits,
      "/update": (ctx) => ctx.session.update((data) => void data.hits++),
      "/login": async ({ session, url }) => {
        await session.regenerate();
        session.data.user = url.searchParams.get("user");
      },
      "/regenerate": (ctx) => ctx.session.regenerate(),
      "/logout": (ctx) => ctx.session.destroy(),
    },
  );
}

function nameOf([command, ...args]: string[]): string {
  const isOwner = args.some((arg) => arg.startsWith("session:owner:"));
  return `${command!.toUpperCase()}${isOwner ? " owner" : ""}`;
}

function countsOf(list: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of list.split(", ")) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
