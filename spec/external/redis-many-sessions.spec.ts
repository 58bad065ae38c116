import { expect } from "chai";
import { RedisSessionStore } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { closesAfterEach } from "../support/close-after-each.js";
import { PATIENT } from "../support/patient.js";
import { clientsOn } from "../support/redis-clients.js";
import { RedisServer } from "../support/redis-server.js";

const SESSIONS = 10_000;
/** No command may keep Redis from others for longer. */
const MAX_COMMAND_MS = 10;
/** An app with other work blocks its event loop for longer. Sending all commands at once would, too. */
const MAX_BUSY_MS = 50;
/** A busy machine stops a process, or makes it collect garbage, in one attempt, but not in each. */
const ATTEMPTS = 3;

describe("An owner with very many sessions in Redis", function () {
  this.timeout(120_000);
  const closeAfter = closesAfterEach();
  let server: RedisServer;

  beforeEach(async () => {
    const args = ["--slowlog-log-slower-than", `${MAX_COMMAND_MS * 1000}`];
    server = closeAfter(await RedisServer.start(...args, "--slowlog-max-len", "1000"));
  });

  const [first, ...others] = clientsOn("one node");
  const open = ({ create } = first!) => {
    const getClient = () => create({ nodes: [server], stop: async () => {} });
    const owner = (data: { user?: string }) => data.user;
    const store = closeAfter(new RedisSessionStore({ timeout: PATIENT, getClient, owner }));
    const site = app({ store }, { "/login": ({ session }) => (session.data.user = "ada") });
    const logIn = async () => expect((await new Browser(site).post("/login")).status).to.equal(200);
    return { store, logIn };
  };

  /**
   * The number of scripts that take too long, and of milliseconds that the process works at a time.
   * Other commands have one record each: they are slow only if the server was stopped meanwhile.
   */
  async function costOf(work: () => Promise<unknown>): Promise<{ slow: number; busyMs: number }> {
    await server.cli("SLOWLOG", "RESET");
    const busyMs = await longestBusyMs(work);
    const slow = await server.cli("SLOWLOG", "GET", "-1");
    return { slow: slow.match(/^EVAL$/gim)?.length ?? 0, busyMs };
  }

  /** The least cost of several attempts. */
  async function leastCostOf(work: () => Promise<unknown>): ReturnType<typeof costOf> {
    const costs = [await costOf(work)];
    while (costs.length < ATTEMPTS) costs.push(await costOf(work));
    const [slow, busyMs] = [costs.map((cost) => cost.slow), costs.map((cost) => cost.busyMs)];
    return { slow: Math.min(...slow), busyMs: Math.min(...busyMs) };
  }

  it("blocks neither Redis nor the process when they are listed and ended", async () => {
    const { store, logIn } = open();
    for (let count = 0; count < SESSIONS; count += 200) {
      await Promise.all(Array.from({ length: 200 }, logIn));
    }
    for (const lister of [store, ...others.map((kind) => open(kind).store)]) {
      const { slow, busyMs } = await leastCostOf(async () => {
        expect(await lister.sessionsOf("ada")).to.have.length(SESSIONS);
      });
      expect(busyMs).to.be.below(MAX_BUSY_MS);
      expect(slow).to.equal(0);
    }
    const { slow } = await costOf(async () => {
      expect(await store.endSessionsOf("ada")).to.equal(SESSIONS);
    });
    // They cannot be ended again without those that were slow by chance.
    expect(slow).to.be.below(SESSIONS / 500);
    expect(await server.cli("EXISTS", await ownerKey())).to.equal("0");
    expect(await store.sessionsOf("ada")).to.deep.equal([]);
  });

  it("blocks Redis no longer if they are even more, because it lists them in pages", async () => {
    const { store, logIn } = open();
    await logIn();
    await fill(60_000);
    const { slow } = await leastCostOf(async () => {
      expect(await store.sessionsOf("ada")).to.have.length(1);
    });
    expect(slow).to.equal(0);
  });

  it("blocks Redis no longer when they have all expired, because a log-in removes only some", async () => {
    const { logIn } = open();
    await logIn();
    const slow: number[] = [];
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      await fill(-60_000);
      slow.push((await costOf(logIn)).slow);
    }
    expect(Math.min(...slow)).to.equal(0);
    const count = async () => Number(await server.cli("ZCARD", await ownerKey()));
    const before = await count();
    await logIn();
    expect(await count()).to.be.within(before - 500, before - 400);
  });

  let key = "";
  async function ownerKey(): Promise<string> {
    return (key = (await server.cli("KEYS", "session:owner:*")) || key);
  }

  /** Adds 50 000 entries, which end after, or before, so many milliseconds. */
  async function fill(ms: number): Promise<void> {
    const script = `for i = 1, 50000 do
      redis.call("ZADD", KEYS[1], ARGV[1] + i % 10000, "session:" .. redis.sha1hex(i) .. "---")
    end`;
    await server.cli("EVAL", script, "1", await ownerKey(), `${Date.now() + ms}`);
  }
});

/**
 * The longest time that the process has worked in one turn of its event loop: the time of the CPU, in
 * which other processes do not count.
 */
async function longestBusyMs(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = process.cpuUsage();
  let isOver = false;
  const turn = () => {
    const { user, system } = process.cpuUsage(last);
    longest = Math.max(longest, user + system);
    last = process.cpuUsage();
    if (!isOver) setImmediate(turn);
  };
  turn();
  await work();
  isOver = true;
  return longest / 1000;
}
