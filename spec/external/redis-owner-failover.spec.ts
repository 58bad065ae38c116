import { expect } from "chai";
import { RedisSessionStore } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { closesAfterEach } from "../support/close-after-each.js";
import { PATIENT } from "../support/patient.js";
import { clientsOn } from "../support/redis-clients.js";
import { RedisCluster } from "../support/redis-cluster.js";
import { waitUntil } from "../support/wait-until.js";

/** Replicas consider a silent master dead after this time. */
const NODE_TIMEOUT_MS = 2000;

describe("The sessions of an owner in a Cluster", function () {
  this.timeout(120_000);
  const closeAfter = closesAfterEach();

  it("are listed and ended after the master that had the owner's set was killed", async () => {
    const cluster = closeAfter(await RedisCluster.start(NODE_TIMEOUT_MS));
    const masters = cluster.nodes.slice(0, 3);
    const sites = clientsOn("Cluster").map(({ title, create }) => {
      const owner = (data: { user?: string }) => data.user;
      const store = closeAfter(
        new RedisSessionStore({ timeout: PATIENT, getClient: () => create(cluster), owner }),
      );
      return { title, store, app: appOn(store) };
    });
    const browsers = await Promise.all(
      Array.from({ length: 12 }, async (_, i) => {
        const browser = new Browser(sites[i % sites.length]!.app);
        expect((await browser.post("/login")).status).to.equal(200);
        return browser;
      }),
    );
    for (const { store, title } of sites) {
      expect(await store.sessionsOf("ada"), title).to.have.length(12);
    }
    const slot = Number(await masters[0]!.cli("CLUSTER", "KEYSLOT", await ownerKeyIn(cluster)));
    const port = await cluster.masterPort(slot);
    const killed = masters.find((master) => master.port === port)!;
    // Replication is asynchronous. What the replica has not got would be lost.
    await waitUntil("the replicas to have everything", () => areInStep(masters));
    await killed.kill();
    const [survivor] = masters.filter((master) => master !== killed) as [(typeof masters)[0]];
    await waitUntil("a replica to be promoted", async () => {
      const owner = (await survivor.cli("-c", "EXISTS", await ownerKeyIn(cluster))) === "1";
      return owner && (await survivor.cli("CLUSTER", "INFO")).includes("cluster_state:ok");
    });

    for (const { store, title } of sites) {
      await waitUntil(`${title} to use the new master`, async () => {
        return (await store.sessionsOf("ada")).length === 12;
      });
    }
    const [own, ...others] = browsers as [Browser, ...Browser[]];
    const { id } = (await (await own.get("/")).json()) as { id: string };
    const [one, two] = (await sites[1]!.store.sessionsOf("ada")).filter((other) => other.id !== id);
    expect(await sites[1]!.store.endSession(one!.id, { owner: "ada" })).to.equal(true);
    expect(await sites[2]!.store.endSession(two!.id, { owner: "ada" })).to.equal(true);
    expect(await sites[0]!.store.endSessionsOf("ada", { except: { id } })).to.equal(9);
    for (const { store, title } of sites) {
      expect(
        (await store.sessionsOf("ada")).map((session) => session.id),
        title,
      ).to.deep.equal([id]);
    }
    for (const browser of others) {
      expect(await (await browser.get("/")).json()).to.include({ user: null });
    }
    expect(await (await own.get("/")).json()).to.include({ user: "ada" });
  });
});

function appOn(store: RedisSessionStore) {
  return app(
    { store, defaultSessionData: {} },
    {
      "/": ({ session }) => ({ user: session.data.user ?? null, id: session.id }),
      "/login": ({ session }) => void (session.data.user = "ada"),
    },
  );
}

async function ownerKeyIn({ nodes }: RedisCluster): Promise<string> {
  const keys = nodes.map((node) => node.cli("KEYS", "session:owner:*").catch(() => ""));
  return (await Promise.all(keys)).find((key) => key.startsWith("session:owner:"))!;
}

/** Whether each replica has received what its master has sent. */
async function areInStep(masters: RedisCluster["nodes"]): Promise<boolean> {
  const states = await Promise.all(masters.map((master) => master.cli("INFO", "replication")));
  return states.every((state) => {
    const sent = /^master_repl_offset:(\d+)/m.exec(state)![1];
    return new RegExp(`^slave0:.*,offset=${sent},`, "m").test(state);
  });
}
