import { expect } from "chai";
import {
  SessionError,
  UnsafeMemoryStore,
  type Session,
  type SessionData,
} from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Deferred } from "../support/deferred.js";
import { stores } from "../support/middleware-stores.js";

/** Expects the error that says that the response has left. */
function expectTooLate(change: () => unknown, message?: string): void {
  expect(change, message).to.throw(SessionError).with.property("code", "ERR_SESSION_RESPONSE");
}

for (const [name, create] of Object.entries(stores)) {
  describe(`With ${name}, ctx.session after the response`, () => {
    let session: Session;
    let browser: Browser;

    beforeEach(async () => {
      const site = app(
        { store: create(), defaultSessionData: { list: [] } },
        {
          "/": (ctx) => {
            session = ctx.session;
            ctx.session.data.user = "ann";
            return ctx.session.data;
          },
          "/look": (ctx) => ctx.session.data,
        },
      );
      browser = new Browser(site);
      await browser.get("/");
    });

    it("is still readable", () => {
      expect(session.data).to.deep.equal({ list: [], user: "ann" });
      expect(session.isFresh).to.be.a("boolean");
    });

    it("throws on a change of the data, because the change would be lost", async () => {
      const changes: Record<string, () => unknown> = {
        "a new value": () => (session.data.user = "eve"),
        "a new key": () => (session.data.more = true),
        "a deleted key": () => delete session.data.user,
        "a new item": () => session.data.list.push(1),
      };
      for (const [change, run] of Object.entries(changes)) expectTooLate(run, change);
      expect(session.data).to.deep.equal({ list: [], user: "ann" });
      expect(await (await browser.get("/look")).json()).to.deep.equal({ list: [], user: "ann" });
    });

    it("throws if a handler assigns new data", () => {
      expectTooLate(() => (session.data = {}));
    });

    it("throws if a handler sets the lifetime", () => {
      expectTooLate(() => (session.lifetime = "browser"));
      expect(session.lifetime).to.equal(undefined);
    });

    const calls: Record<string, () => Promise<void>> = {
      "regenerate()": () => session.regenerate(),
      "destroy()": () => session.destroy(),
      "update()": () => session.update(() => {}),
    };
    for (const [call, run] of Object.entries(calls)) {
      it(`returns a rejected promise from ${call}`, async () => {
        const error = await run().then(
          () => undefined,
          (reason: unknown) => reason,
        );
        expect(error).to.be.an.instanceOf(SessionError);
        expect(error).to.have.property("code", "ERR_SESSION_RESPONSE");
        expect(await (await browser.get("/look")).json()).to.deep.equal({ list: [], user: "ann" });
      });
    }
  });
}

it("Data that only the app's own stringify supports is read-only after the response", async () => {
  class Basket {
    items = 1;
  }
  let session: Session | undefined;
  const site = app(
    {
      store: new UnsafeMemoryStore({
        stringify: ({ self }) => (self?.data ? "with a cycle" : "without one"),
        parse: (): SessionData => ({ basket: new Basket(), self: {} }),
      }),
      defaultSessionData: {},
    },
    {
      "/": (ctx) => {
        session = ctx.session;
        const { data } = ctx.session;
        data.self = { data: {} };
        data.self.data.self = data.self; // a cycle
      },
    },
  );
  const browser = new Browser(site);
  await browser.get("/");
  await browser.get("/");
  const { data } = session!;
  expect(data.basket.items).to.equal(1);
  expect(data.self.data.self).to.equal(data.self.data.self.data.self);
  expectTooLate(() => (data.basket = new Basket()));
  expectTooLate(() => (data.self.data.more = 2));
});

it("A streaming response body can read the session, but throws if it changes the session", async () => {
  const gate = new Deferred();
  const site = app(
    { store: stores["UnsafeMemoryStore"]!(), defaultSessionData: { n: 1 } },
    {
      "/": (ctx) => {
        ctx.session.data.n = 2;
        const encoder = new TextEncoder();
        const stream = new ReadableStream({
          async pull(controller) {
            await gate.promise;
            controller.enqueue(encoder.encode(String(ctx.session.data.n)));
            ctx.session.data.n = 3;
            controller.close();
          },
        });
        return new Response(stream);
      },
      "/look": (ctx) => ctx.session.data.n,
    },
  );
  const browser = new Browser(site);
  const response = await browser.get("/");
  const reader = response.body!.getReader();
  gate.resolve();
  expect(new TextDecoder().decode((await reader.read()).value)).to.equal("2");
  const failure = await reader.read().catch((error: unknown) => error);
  expect(failure).to.be.an.instanceOf(SessionError);
  expect(failure).to.have.property("code", "ERR_SESSION_RESPONSE");
  expect(await (await browser.get("/look")).json()).to.equal(2);
});
