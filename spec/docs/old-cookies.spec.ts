import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { closesAfterEach } from "../support/close-after-each.js";
import { RedisServer } from "../support/redis-server.js";
import { waitUntil } from "../support/wait-until.js";
import { inFile, Switch } from "./keep-logged-in.js";
import { Visitor } from "./visitor.js";

const ADA = "Hello, Ada: visit 1";
const GUEST = "Hello, guest: visit 1";

describe("The cookie of an old library, which the recipe of its page reads,", function () {
  this.timeout(60_000);
  const opened = closesAfterEach();
  let redis: RedisServer;
  before(async () => (redis = await RedisServer.start()));
  after(() => redis.stop());

  for (const [name, part, by] of [
    ["0.0.49", "cookieOptions: {", "cookieOptions: { maxAge: 1,"],
    ["express-session", "24 * 60 * 60 * 1000", "1000"],
    // iron-session grants a minute more, for clocks that differ.
    ["iron-session", "ttl: 24 * 60 * 60", "ttl: -61"],
  ] as const) {
    it(`is worth nothing after its expiry, even to a client that keeps it (${name})`, async () => {
      const change = new Switch(`docs/coming-from-${name}.md`, redis.url);
      const [, [ada]] = await change.visitOld(1, inFile("before.mjs", part, by));
      await sleep(1100);
      const { origin } = opened(await change.startNew());
      const kept = new Visitor(ada!.received);
      expect(Object.keys(kept.cookies)).to.have.length(1);
      expect(await kept.get(origin)).to.equal(GUEST);
    });
  }

  for (const name of ["cookie-session", "react-router"]) {
    it(`is worth nothing after the day that the app names, or without a day (${name})`, async () => {
      const change = new Switch(`docs/coming-from-${name}.md`, redis.url);
      const [, [ada]] = await change.visitOld(1);
      const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
      for (const until of [yesterday, ""]) {
        const { origin } = opened(await change.startNew({ until }));
        expect(await new Visitor(ada!.cookies).get(origin), until).to.equal(GUEST);
      }
    });
  }

  it("is worth nothing ten seconds after its first use, if the record is in Redis", async () => {
    const change = new Switch("docs/coming-from-express-session.md", redis.url);
    const [, [ada]] = await change.visitOld(1);
    const { cookies } = ada!;
    const record = `sess:${/^s%3A(.*)\./.exec(cookies["connect.sid"]!)![1]!}`;
    const { origin } = opened(await change.startNew());
    const left = async (): Promise<number> => Number(await redis.cli("PTTL", record));
    expect(await left()).to.be.above(60_000);
    await ada!.get(origin);
    await ada!.post(`${origin}/logout`);
    expect(await left()).to.be.within(1, 10_000);

    await sleep(1000);
    // Another use of it does not prolong the time.
    expect(await new Visitor(cookies).get(origin)).to.equal(ADA);
    expect(await left()).to.be.below(9001);
    await waitUntil("the end of the record", async () => (await left()) < 0);
    expect(await new Visitor(cookies).get(origin)).to.equal(GUEST);
  });

  it("is deleted if the new cookie has another name (cookie-session)", async () => {
    const change = new Switch("docs/coming-from-cookie-session.md", redis.url);
    const [, [ada]] = await change.visitOld(1);
    const name = inFile("after.mjs", "session({", 'session({ cookieName: "sid",');
    const leftOver = inFile(
      "keep-logged-in.mjs",
      '= ["session.sig"]',
      '= ["session", "session.sig"]',
    );
    const { origin } = opened(
      await change.startNew({ edit: (text, file) => name(leftOver(text, file), file) }),
    );
    expect(await ada!.get(origin)).to.equal(ADA);
    expect(Object.keys(ada!.cookies)).to.deep.equal(["sid"]);
    await ada!.post(`${origin}/logout`);
    expect(await ada!.get(origin)).to.equal(GUEST);
  });

  it("is reported once, as malformed, if the new cookie has the same name", async () => {
    const change = new Switch("docs/coming-from-cookie-session.md", redis.url);
    const [, [ada]] = await change.visitOld(1);
    const app = opened(await change.startNew());
    await ada!.get(app.origin);
    await ada!.get(app.origin);
    const events = app.output.split("\n").filter((line) => line.includes('"fresh"'));
    expect(events).to.deep.equal(['{"type":"fresh","reason":"malformed"}']);
  });
});
