import { expect } from "chai";
import sinon from "sinon";
import {
  CookieStore,
  type Awaitable,
  type RejectionReason,
  type SessionRecord,
  type SessionScope,
  type Unsealed,
} from "../../lib/index.js";
import type { LoadedSession } from "../../lib/records/store.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { expectUsageError } from "../support/expect-usage-error.js";
import { now, scopeOf } from "../support/sealed-stores.js";

class PlainTextStore extends CookieStore {
  protected seal({ text, created, expires }: SessionRecord): string {
    return encodeURIComponent(JSON.stringify([text, created, expires]));
  }

  protected unseal(value: string): Unsealed | RejectionReason {
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

/** Each spec decides what the hooks return. */
class HookedStore extends CookieStore {
  readonly sealed = sinon.stub<[SessionRecord, SessionScope], Awaitable<string>>();
  readonly unsealed = sinon.stub<[string, SessionScope], Awaitable<Unsealed | RejectionReason>>();

  protected seal(record: SessionRecord, scope: SessionScope): Awaitable<string> {
    return this.sealed(record, scope);
  }

  protected unseal(value: string, scope: SessionScope): Awaitable<Unsealed | RejectionReason> {
    return this.unsealed(value, scope);
  }
}

describe("A subclass of CookieStore", () => {
  const scope = scopeOf();
  const record = { text: '{"n":1}', created: now() - 10, expires: now() + 3600 };
  const loaded: LoadedSession = {
    ...record,
    value: "sealed",
    id: undefined,
    key: "",
    data: { n: 1 },
    lifetime: undefined,
    binding: undefined,
    outdated: false,
  };
  let store: HookedStore;

  beforeEach(() => {
    store = new HookedStore({});
  });

  it("needs only seal() and unseal()", async () => {
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
    it(`fails with ERR_SESSION_USAGE if seal() returns an invalid cookie value: ${JSON.stringify(value)}`, async () => {
      store.sealed.returns(value);
      const site = app(
        { store, defaultSessionData: {} },
        { "/": (ctx) => (ctx.session.data["n"] = 1) },
      );
      const response = await new Browser(site).get("/");
      expect(response.status).to.equal(500);
      expect(response.headers.getSetCookie()).to.deep.equal([]);
      expectUsageError(site.errors[0], "seal()");
    });

    it(`fails with ERR_SESSION_USAGE if seal() returns it for regenerate(): ${JSON.stringify(value)}`, async () => {
      store.unsealed.returns({ text: "{}", created: now(), expires: now() + 1000 });
      store.sealed.returns(value);
      const site = app(
        { store, defaultSessionData: {} },
        { "/": ({ session }) => session.regenerate() },
      );
      const response = await new Browser(site).get("/", { cookie: "session=sealed" });
      expect(response.status).to.equal(500);
      expect(response.headers.getSetCookie()).to.deep.equal([]);
      expectUsageError(site.errors[0], "seal()");
    });
  }

  for (const isAsync of [false, true]) {
    describe(isAsync ? "can return promises" : "can return plain values", () => {
      const answer = <T>(value: T): Awaitable<T> => (isAsync ? Promise.resolve(value) : value);

      it("from seal(), which receives the record and the scope", async () => {
        store.sealed.returns(answer("sealed"));
        expect(await store.save(null, record, scope)).to.deep.equal({
          value: "sealed",
          expires: record.expires,
          lifetime: undefined,
          merged: false,
        });
        expect(store.sealed.args).to.deep.equal([[record, scope]]);
      });

      it("from seal() when the session is regenerated", async () => {
        const clock = new Clock();
        try {
          store.sealed.returns(answer("sealed anew"));
          // Both timeouts start anew.
          const created = clock.now;
          const next = { text: record.text, created, expires: created + scope.idleTimeout };
          expect(await store.regenerate(loaded, () => false, scope)).to.deep.equal({
            ...loaded,
            ...next,
            value: "sealed anew",
          });
          expect(store.sealed.args).to.deep.equal([[next, scope]]);
        } finally {
          clock.restore();
        }
      });

      it("from unseal(), which receives the cookie value and the scope", async () => {
        store.unsealed.returns(answer(record));
        expect(await store.load("sealed", scope)).to.deep.equal(loaded);
        expect(store.unsealed.args).to.deep.equal([["sealed", scope]]);
      });

      it("from unseal(), which can request a reissue", async () => {
        store.unsealed.returns(answer({ ...record, outdated: true }));
        expect(await store.load("sealed", scope)).to.deep.equal({ ...loaded, outdated: true });
      });

      it("from unseal(), which can return the reason for a fresh session", async () => {
        store.unsealed.returns(answer("tampered" as const));
        expect(await store.load("sealed", scope)).to.equal("tampered");
      });
    });
  }

  it("inherits the checks of the timeouts", async () => {
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

  it("inherits the check that the data are an object", async () => {
    for (const text of ["", "1", "null", "[]", '"text"']) {
      store.unsealed.returns({ ...record, text });
      expect(await store.load("sealed", scope)).to.equal("invalid");
    }
  });

  for (const name of ["load", "save", "regenerate", "destroy"]) {
    it(`is refused if it defines ${name}(), which session() calls`, () => {
      class VaultStore extends PlainTextStore {}
      Object.defineProperty(VaultStore.prototype, name, { value() {} });
      expect(() => new VaultStore()).to.throw(
        TypeError,
        `VaultStore must not define a method ${name}()`,
      );
    });
  }

  it("does not call its hooks when a session is destroyed", async () => {
    await store.destroy();
    expect(store.sealed.callCount + store.unsealed.callCount).to.equal(0);
  });

  it("passes on the error that a hook throws", async () => {
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
