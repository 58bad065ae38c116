import { expect } from "chai";
import fc from "fast-check";
import { isDeepStrictEqual } from "node:util";
import type { SessionData } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { MapStore } from "../support/map-store.js";
import { Notes } from "../support/notes.js";
import { runs, seed } from "../support/runs.js";

describe("Two concurrent requests that change one session", () => {
  let clock: Clock;
  let store: MapStore;
  let notes: Notes;

  beforeEach(() => {
    clock = new Clock();
    store = new MapStore();
    notes = new Notes(store);
  });
  afterEach(() => clock.restore());

  /**
   * Runs the whole second request while the first one is running, so that the first one commits
   * later. Returns the data of the session afterwards.
   */
  async function dataAfter(first: string, second: string, data: Record<string, string>) {
    const browser = await notes.visitor(data);
    notes.meanwhile = () => browser.get(second);
    expect((await browser.get(first)).status).to.equal(200);
    return (await browser.get("/")).json();
  }

  for (const [what, first, second, before, after] of [
    ["each sets a key", "/set?a=2", "/set?b=2", { a: "1", b: "1" }, { a: "2", b: "2" }],
    ["each adds a key", "/set?b=2", "/set?c=2", { a: "1" }, { a: "1", b: "2", c: "2" }],
    [
      "one deletes a key, the other sets a key",
      "/delete?a",
      "/set?b=2",
      { a: "1", b: "1" },
      { b: "2" },
    ],
    [
      "one sets a key, the other deletes a key",
      "/set?b=2",
      "/delete?a",
      { a: "1", b: "1" },
      { b: "2" },
    ],
    ["each deletes a key", "/delete?a", "/delete?b", { a: "1", b: "1", c: "1" }, { c: "1" }],
  ] as const) {
    it(`both keep their changes: ${what}`, async () => {
      expect(await dataAfter(first, second, before)).to.deep.equal(after);
      expect(notes.log.types).to.deep.equal(["saved", "saved", "merged"]);
    });
  }

  for (const [what, first, second, before, after] of [
    ["both set the key", "/set?a=first", "/set?a=second", { a: "1" }, { a: "first" }],
    [
      "it deletes the key, the earlier one sets it",
      "/delete?a",
      "/set?a=second",
      { a: "1", b: "1" },
      { b: "1" },
    ],
    [
      "it sets the key, the earlier one deletes it",
      "/set?a=first",
      "/delete?a",
      { a: "1" },
      { a: "first" },
    ],
  ] as const) {
    it(`keep the value of the later commit for a key that both change: ${what}`, async () => {
      expect(await dataAfter(first, second, before)).to.deep.equal(after);
    });
  }

  for (const [what, initial, changed] of [
    ['"browser"', undefined, "browser"],
    ["1000 seconds", "browser", 1000],
  ] as const) {
    it(`put the lifetime that the earlier commit set into the later Set-Cookie: ${what}`, async () => {
      let meanwhile = async (): Promise<unknown> => undefined;
      const site = app(
        { store, defaultSessionData: {} },
        {
          "/begin": ({ session }) => {
            session.data.a = 1;
            session.lifetime = initial;
          },
          "/lifetime": ({ session }) => void (session.lifetime = changed),
          "/change": async ({ session }) => {
            session.data.a = 2;
            await meanwhile();
          },
          "/regenerate": async ({ session }) => {
            await meanwhile();
            await session.regenerate();
          },
        },
      );
      for (const path of ["/change", "/regenerate"]) {
        const browser = new Browser(site);
        await browser.get("/begin");
        meanwhile = () => browser.get("/lifetime");
        const [cookie] = (await browser.get(path)).headers.getSetCookie();
        const maxAge = /Max-Age=(\d+)/.exec(cookie!)?.[1];
        expect(maxAge).to.equal(changed === "browser" ? undefined : String(changed));
      }
    });
  }

  it("end the session at the lifetime that the later commit sets, although the earlier one keeps it longer", async () => {
    let meanwhile = async (): Promise<unknown> => undefined;
    const site = app(
      { store, defaultSessionData: {} },
      {
        "/begin": ({ session }) => void (session.data.a = 1),
        "/change": ({ session }) => void (session.data.b = 2),
        "/lifetime": async ({ session }) => {
          session.lifetime = 1000;
          await meanwhile();
        },
        "/": ({ session }) => session.data,
      },
    );
    const browser = new Browser(site);
    await browser.get("/begin");
    meanwhile = () => browser.get("/change");
    const [cookie] = (await browser.get("/lifetime")).headers.getSetCookie();
    expect(cookie).to.match(/; Max-Age=1000;/);
    const id = browser.cookie("session");
    clock.pass(999);
    const get = async () => (await new Browser(site).get("/", { cookie: `session=${id}` })).json();
    // The record as the two requests left it: this visit must not renew it.
    const { record } = store;
    expect(await get()).to.deep.equal({ a: 1, b: 2 });
    store.record = record;
    clock.pass(1);
    expect(await get()).to.deep.equal({});
  });

  it("keep the other's change when one only reorders the keys of an object", async () => {
    let meanwhile = async (): Promise<unknown> => undefined;
    const site = app(
      { store, defaultSessionData: {} },
      {
        "/begin": ({ session: { data } }) => void (data.o = { x: 1, y: 1 }),
        "/change": ({ session: { data } }) => void (data.o.x = 2),
        "/reorder": async ({ session: { data } }) => {
          data.o = { y: data.o.y, x: data.o.x };
          await meanwhile();
        },
        "/": ({ session }) => session.data,
      },
    );
    const browser = new Browser(site);
    await browser.get("/begin");
    meanwhile = () => browser.get("/change");
    await browser.get("/reorder");
    expect(await (await browser.get("/")).json()).to.deep.equal({ o: { x: 2, y: 1 } });
  });

  it("both keep their changes where parse makes instances of classes", async () => {
    const stringify = ({ at, ...others }: SessionData) =>
      JSON.stringify({ at: Number(at), ...others });
    const parse = (text: string) => {
      const data = JSON.parse(text) as SessionData;
      return { ...data, at: new Date(data.at) };
    };
    store = new MapStore({ stringify, parse });
    let meanwhile = async (): Promise<unknown> => undefined;
    const site = app(
      { store, defaultSessionData: {} },
      {
        "/begin": ({ session }) => void (session.data = { at: new Date(1), b: 1 }),
        "/change": ({ session: { data } }) => void (data.b = 2),
        "/later": async ({ session: { data } }) => {
          data.at = new Date(2);
          await meanwhile();
        },
      },
    );
    const browser = new Browser(site);
    await browser.get("/begin");
    meanwhile = () => browser.get("/change");
    await browser.get("/later");
    expect(site.errors).to.deep.equal([]);
    expect(store.record).to.match(/\{"at":2,"b":2\}$/);
  });

  it("keep the other's change when one only reads", async () => {
    expect(await dataAfter("/", "/set?a=2", { a: "1" })).to.deep.equal({ a: "2" });
    expect(notes.log.types).to.deep.equal(["saved"]);
  });

  it("write only once when both make the same change", async () => {
    const browser = await notes.visitor();
    notes.meanwhile = () => browser.get("/set?a=2");
    store.clearCalls();
    await browser.get("/set?a=2");
    expect(store.hooks.update.returnValues).to.deep.equal([true, false]);
    expect(await notes.behind(browser.cookie("session")!)).to.deep.equal({ a: "2" });
  });

  it("retry the later commit after each of several conflicts", async () => {
    const browser = await notes.visitor();
    for (let i = 0; i < 5; i++) store.before("update", () => browser.get(`/set?b=${i}`));
    await browser.get("/set?a=2");
    const { a, b } = (await (await browser.get("/")).json()) as SessionData;
    expect(a).to.equal("2");
    expect(b).to.be.oneOf(["0", "1", "2", "3", "4"]);
  });

  it("never merge two versions of one object", async () => {
    const handler = app(
      { store, defaultSessionData: {} },
      {
        "/": ({ session }) => session.data,
        "/begin": ({ session }) => void (session.data.shelf = { apples: 1, pears: 1 }),
        "/apples": async ({ session }) => {
          session.data.shelf.apples = 2;
          await browser.get("/pears");
        },
        "/pears": ({ session }) => void (session.data.shelf.pears = 2),
      },
    );
    const browser = new Browser(handler);
    await browser.get("/begin");
    await browser.get("/apples");
    expect(await (await browser.get("/")).json()).to.deep.equal({
      shelf: { apples: 2, pears: 1 },
    });
  });

  it('can use any key name: "constructor", "then", "0", ""', async () => {
    const names = ["constructor", "toString", "hasOwnProperty", "valueOf", "then", "0", ""];
    const before = Object.fromEntries(names.map((name) => [name, "1"]));
    const query = new URLSearchParams(before);
    expect(await dataAfter(`/delete?${query}`, "/set?b=2", { ...before, a: "1" })).to.deep.equal({
      ...{ a: "1", b: "2" },
    });
  });

  it(`agree with a reference three-way merge for generated data (FC_SEED=${seed})`, async () => {
    const value = fc.constantFrom<unknown>(1, 2, "1", null, true, { x: 1 }, { x: 2 }, [1], [], {});
    const key = fc.constantFrom("a", "b", "c", "constructor", "toString");
    const data = fc.dictionary(key, value);
    await fc.assert(
      fc.asyncProperty(data, data, data, async (base, mine, theirs) => {
        const handler = app(
          { store: new MapStore(), defaultSessionData: {} },
          {
            "/": ({ session }) => session.data,
            "/base": ({ session }) => void (session.data = { ...base, there: true }),
            "/mine": async ({ session }) => {
              session.data = { ...mine, there: true };
              await browser.get("/theirs");
            },
            "/theirs": ({ session }) => void (session.data = { ...theirs, there: true }),
          },
        );
        const browser = new Browser(handler);
        await browser.get("/base");
        await browser.get("/mine");
        expect(handler.errors).to.deep.equal([]);
        const merged = await (await browser.get("/")).json();
        expect(merged).to.deep.equal({ ...expectedMerge(base, mine, theirs), there: true });
      }),
      { seed, numRuns: runs(400) },
    );
  });
});

/** The definition of the three-way merge, key by key. */
function expectedMerge(base: SessionData, mine: SessionData, theirs: SessionData): SessionData {
  const merged: [string, unknown][] = [];
  for (const key of new Set([base, mine, theirs].flatMap((data) => Object.keys(data)))) {
    const [was, is] = [base, mine].map((data) =>
      Object.hasOwn(data, key) ? data[key] : undefined,
    );
    const winner = isDeepStrictEqual(was, is) ? theirs : mine;
    if (Object.hasOwn(winner, key)) merged.push([key, winner[key]]);
  }
  return Object.fromEntries(merged);
}
