import { expect } from "chai";
import sinon from "sinon";
import {
  CookieStore,
  type Awaitable,
  type FreshReason,
  type LoadedSession,
  type SessionRecord,
  type StoreScope,
  type Unsealed,
} from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { now, scopeOf } from "../support/sealed-stores.js";

/** The example of the documentation. */
class PlainTextStore extends CookieStore {
  protected seal({ text, created, expires }: SessionRecord): string {
    return encodeURIComponent(JSON.stringify([text, created, expires]));
  }

  protected unseal(value: string): Unsealed | FreshReason {
    try {
      const [text, created, expires] = JSON.parse(decodeURIComponent(value)) as [
        string,
        number,
        number,
      ];
      return { text, created, expires };
    } catch {
      return "malformed";
    }
  }
}

/** Its hooks are the spec's. */
class HookedStore extends CookieStore {
  readonly sealed = sinon.stub<[SessionRecord, StoreScope], Awaitable<string>>();
  readonly unsealed = sinon.stub<[string, StoreScope], Awaitable<Unsealed | FreshReason>>();

  protected seal(record: SessionRecord, scope: StoreScope): Awaitable<string> {
    return this.sealed(record, scope);
  }

  protected unseal(value: string, scope: StoreScope): Awaitable<Unsealed | FreshReason> {
    return this.unsealed(value, scope);
  }
}

describe("A CookieStore of one's own", () => {
  const scope = scopeOf();
  const record = { text: '{"n":1}', created: now() - 10, expires: now() + 3600 };
  const loaded: LoadedSession = {
    ...record,
    value: "sealed",
    key: "",
    data: { n: 1 },
    lifetime: undefined,
    outdated: false,
  };
  let store: HookedStore;

  beforeEach(() => {
    store = new HookedStore({});
  });

  it("needs seal() and unseal() and nothing else", async () => {
    const counter = app(
      { store: new PlainTextStore({}), defaultSessionData: { visits: 0 } },
      { "/": (ctx) => ++ctx.session.data["visits"] },
    );
    const browser = new Browser(counter);
    for (const visit of [1, 2, 3]) expect(await (await browser.get("/")).json()).to.equal(visit);
    browser.setCookie("session", "nonsense");
    expect(await (await browser.get("/")).json()).to.equal(1);
  });

  for (const value of ["name; Domain=evil.com", "a,b", "a b", 'a"b', "a\r\nb", "ä", ""]) {
    it(`is told of the mistake when seal() returns what a cookie cannot hold: ${JSON.stringify(value)}`, async () => {
      store.sealed.returns(value);
      const site = app(
        { store, defaultSessionData: {} },
        { "/": (ctx) => (ctx.session.data["n"] = 1) },
      );
      const response = await new Browser(site).get("/");
      expect(response.status).to.equal(500);
      expect(response.headers.getSetCookie()).to.deep.equal([]);
      expect(site.errors[0])
        .to.be.instanceOf(TypeError)
        .with.property("message")
        .that.contains("seal()");
    });
  }

  for (const isAsync of [false, true]) {
    describe(isAsync ? "may answer with promises" : "may answer with plain values", () => {
      const answer = <T>(value: T): Awaitable<T> => (isAsync ? Promise.resolve(value) : value);

      it("to seal(), which gets the record and where it goes", async () => {
        store.sealed.returns(answer("sealed"));
        const saved = store.save(null, record, scope);
        // A plain value costs no turn of the event loop.
        expect(saved instanceof Promise).to.equal(isAsync);
        expect(await saved).to.deep.equal({
          value: "sealed",
          expires: record.expires,
          lifetime: undefined,
          merged: false,
        });
        expect(store.sealed.args).to.deep.equal([[record, scope]]);
      });

      it("to seal() for a new value of the same session", async () => {
        store.sealed.returns(answer("sealed anew"));
        expect(await store.regenerate(loaded, record, scope)).to.deep.include({
          value: "sealed anew",
        });
        expect(store.sealed.args).to.deep.equal([[record, scope]]);
      });

      it("to unseal(), which gets what the client has sent", async () => {
        store.unsealed.returns(answer(record));
        expect(await store.load("sealed", scope)).to.deep.equal(loaded);
        expect(store.unsealed.args).to.deep.equal([["sealed", scope]]);
      });

      it("to unseal(), which may ask for the value to be issued anew", async () => {
        store.unsealed.returns(answer({ ...record, outdated: true }));
        expect(await store.load("sealed", scope)).to.deep.equal({ ...loaded, outdated: true });
      });

      it("to unseal(), which may say why it is no session", async () => {
        store.unsealed.returns(answer("tampered" as const));
        expect(await store.load("sealed", scope)).to.equal("tampered");
      });
    });
  }

  it("has its timeouts enforced for it", async () => {
    const DAY = 86_400;
    for (const times of [
      { created: now() - 10, expires: now() },
      { created: now() - 31 * DAY, expires: now() + 10 },
      { created: now() + DAY, expires: now() + 2 * DAY },
    ]) {
      store.unsealed.returns({ ...record, ...times });
      expect(await store.load("sealed", scope)).to.equal("expired");
    }
  });

  it("has data that are no object refused for it", async () => {
    for (const text of ["", "1", "null", "[]", '"text"']) {
      store.unsealed.returns({ ...record, text });
      expect(await store.load("sealed", scope)).to.equal("invalid");
    }
  });

  it("has nothing to do when a session is destroyed", () => {
    expect(store.destroy()).to.equal(undefined);
    expect(store.sealed.callCount + store.unsealed.callCount).to.equal(0);
  });

  it("passes on what a hook throws: it is a fault of the system", async () => {
    const failure = new Error("no entropy");
    store.sealed.rejects(failure);
    store.unsealed.throws(failure);
    const attempts = [
      async () => store.save(null, record, scope),
      async () => store.load("sealed", scope),
    ];
    for (const attempt of attempts) {
      const error = await attempt().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).to.equal(failure);
    }
  });
});
