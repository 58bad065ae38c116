import { expect } from "chai";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { MapStore } from "../support/map-store.js";
import { Notes } from "../support/notes.js";

describe("The IDs of an external store", () => {
  let clock: Clock;
  let store: MapStore;
  let notes: Notes;

  beforeEach(() => {
    clock = new Clock();
    start();
  });
  afterEach(() => clock.restore());

  function start(): void {
    store = new MapStore();
    notes = new Notes(store);
  }

  describe("are not passed to a hook if they are malformed:", () => {
    const key = `session:${"k".repeat(43)}`;
    for (const [what, value] of Object.entries({
      "a path": "../../x",
      "43 characters with a NUL": `${"A".repeat(20)}\0${"A".repeat(22)}`,
      "300 characters": "A".repeat(300),
      "43 characters, one of them outside the alphabet": `${"A".repeat(42)}+`,
      "43 characters in a non-canonical encoding": `${"A".repeat(42)}B`,
      "an ID with padding": `${"A".repeat(43)}=`,
      "43 characters with white space at both ends": ` ${"A".repeat(41)} `,
      'the text "undefined"': "undefined",
      'the text "null"': "null",
      "the key of another session": key,
      "the key of another program": "billing:ledger",
    })) {
      it(what, async () => {
        store.records.set(key, `1.${clock.now}.${clock.now + 100}.{"a":"other"}`);
        const cookie = `session=${encodeURIComponent(value)}`;
        const browser = new Browser(notes.app);
        expect(await (await browser.get("/", { cookie })).json()).to.deep.equal({});
        expect(notes.log.events).to.deep.equal([{ type: "fresh", reason: "malformed" }]);
        await browser.get("/destroy", { cookie });
        await browser.get("/regenerate", { cookie });
        expect(store.calls).to.deep.equal([]);
        await browser.get("/set?a=1", { cookie });
        expect(store.calls).to.deep.equal(["create"]);
        expect(browser.cookie("session")).to.not.equal(value);
        expect(store.records.get(key)).to.contain("other");
      });
    }

    it("an empty cookie value", async () => {
      const browser = new Browser(notes.app);
      expect(await (await browser.get("/", { cookie: "session=" })).json()).to.deep.equal({});
      expect(store.calls).to.deep.equal([]);
    });
  });

  it("are never adopted from a client", async () => {
    const cookie = `session=${"A".repeat(43)}`;
    const browser = new Browser(notes.app);
    await browser.get("/set?a=1", { cookie });
    expect(notes.log.events).to.deep.equal([
      { type: "fresh", reason: "unknown" },
      { type: "saved" },
    ]);
    expect(browser.cookie("session")).to.not.equal("A".repeat(43));
    expect(await notes.behind("A".repeat(43))).to.deep.equal({});
  });

  it("cannot be derived from a stolen dump of the backend", async () => {
    const browser = await notes.visitor();
    const ids = [browser.cookie("session")!];
    await browser.get("/regenerate");
    ids.push(browser.cookie("session")!);
    // Two keys, and the hash of the new ID in the tombstone of the old one.
    const dump = [...store.records].flat().join("\n");
    const hashes = dump.match(/[\w-]{43}/g)!;
    expect(hashes).to.have.length(3);
    for (const hash of hashes) expect(await notes.behind(hash)).to.deep.equal({});
    for (const id of ids) expect(dump).to.not.contain(id);
  });

  it("are 32 unique random bytes in canonical base64url", async () => {
    const ids = new Set<string>();
    for (let i = 0; i < 200; i++) ids.add((await notes.visitor()).cookie("session")!);
    expect(ids.size).to.equal(200);
    for (const id of ids) expect(Buffer.from(id, "base64url").toString("base64url")).to.equal(id);
    const bytes = [...ids].map((id) => Buffer.from(id, "base64url"));
    for (const value of bytes) expect(value).to.have.length(32);
    for (let at = 0; at < 32; at++) {
      expect(new Set(bytes.map((value) => value[at])).size, `byte ${at}`).to.be.above(64);
    }
  });

  it("are valid only for the cookie name that they were created for", async () => {
    const id = (await notes.visitor()).cookie("session")!;
    const admin = new Browser(new Notes(store, { cookieName: "admin" }).app);
    const response = await admin.get("/", { cookie: `admin=${id}` });
    expect(await response.json()).to.deep.equal({});
  });
});
