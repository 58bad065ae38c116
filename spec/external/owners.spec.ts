import { expect } from "chai";
import type { ExternalStore, OwnedSession } from "../../lib/index.js";
import { app, type App } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { EventLog } from "../support/event-log.js";
import { BACKENDS, type ExternalBackend } from "../support/external-backends.js";

/*
 * An app lists and ends the sessions of a user. interleavings.spec.ts runs these calls beside other
 * requests in every order, and owner-processes.spec.ts in several processes.
 */

const owner = (data: { userId?: string }) => data.userId;

/** A route of a request that a spec holds until it says how to go on. */
interface Held {
  readonly response: Promise<Response>;
  go(): void;
}

class OwnersSite {
  readonly log: EventLog = new EventLog();
  readonly store: ExternalStore;
  readonly app: App;
  #hold: Promise<void> | undefined;
  #reached = (): void => {};

  constructor(store: ExternalStore) {
    this.store = store;
    const login = async ({ session, url }: any) => {
      await session.regenerate();
      session.data.userId = url.searchParams.get("user") ?? "ada";
      session.data.device = url.searchParams.get("device");
      return session.id ?? null;
    };
    this.app = app(
      { store, defaultSessionData: {}, onEvent: this.log.onEvent, idleTimeout: 1000 },
      {
        "/": ({ session }) => session.data.userId ?? "nobody",
        "/id": ({ session }) => session.id ?? null,
        "/guest": ({ session }) => void (session.data.cart = [1]),
        "/login": login,
        "/become": ({ session, url }) => void (session.data.userId = url.searchParams.get("user")!),
        "/logout": ({ session }) => session.destroy(),
        "/end-others": async ({ session }) => {
          await session.regenerate();
          return store.endSessionsOf(session.data.userId, { except: session });
        },
        "/slow-save": async ({ session }) => {
          session.data.late = true;
          await this.#wait();
        },
        "/slow-move": async ({ session }) => {
          void session.data;
          await this.#wait();
          await session.regenerate();
          session.data.late = true;
        },
      },
    );
  }

  /** A browser in which this user has logged in. */
  async device(user: string, device = "laptop"): Promise<Browser> {
    const browser = new Browser(this.app);
    await browser.post(`/login?user=${user}&device=${device}`);
    return browser;
  }

  /** Who the session of the browser belongs to. */
  async user(browser: Browser): Promise<string> {
    return (await browser.get("/")).json();
  }

  /** The one session that the user has. */
  async only(user: string): Promise<OwnedSession> {
    const sessions = await this.store.sessionsOf(user);
    expect(sessions).to.have.length(1);
    return sessions[0]!;
  }

  async devicesOf(user: string): Promise<unknown[]> {
    return (await this.store.sessionsOf(user)).map(({ data }) => data.device);
  }

  /** Sends a request that has loaded its session when this resolves. */
  async hold(browser: Browser, path: string): Promise<Held> {
    let go = (): void => {};
    this.#hold = new Promise((resolve) => (go = resolve));
    const reached = new Promise<void>((resolve) => (this.#reached = resolve));
    const response = browser.post(path);
    await reached;
    return { response, go };
  }

  async #wait(): Promise<void> {
    this.#reached();
    await this.#hold;
  }
}

for (const [name, start] of Object.entries(BACKENDS)) {
  describe(`The sessions of a user, over ${name},`, () => {
    let backend: ExternalBackend;
    let site: OwnersSite;

    before(async () => {
      backend = await start();
    });
    after(() => backend?.stop());
    beforeEach(async () => {
      await backend.clear();
      site = new OwnersSite(backend.open({ owner }));
    });
    afterEach(() => backend.closeStores());

    describe("sessionsOf()", () => {
      it("lists those that are alive, with their data, and no other user's", async () => {
        await site.device("ada", "phone");
        await site.device("ada", "laptop");
        await site.device("bob");
        expect(await site.devicesOf("ada")).to.have.members(["phone", "laptop"]);
        expect(await site.devicesOf("bob")).to.deep.equal(["laptop"]);
        expect(await site.devicesOf("eve")).to.deep.equal([]);
        const { created, expires } = await site.only("bob");
        expect(expires).to.equal(created + 1000);
      });

      it("lists the newest first", async () => {
        const clock = new Clock();
        try {
          for (const device of ["first", "second", "third"]) {
            await site.device("ada", device);
            clock.pass(1);
          }
          expect(await site.devicesOf("ada")).to.deep.equal(["third", "second", "first"]);
        } finally {
          clock.restore();
        }
      });

      it("knows each session by the ID that its requests see", async () => {
        const browser = await site.device("ada");
        const { id } = await site.only("ada");
        expect(await (await browser.get("/id")).json()).to.equal(id);
      });

      it("sees what another process has done", async () => {
        await site.device("ada");
        const elsewhere = new OwnersSite(backend.open({ owner }));
        await elsewhere.device("ada");
        expect(await site.devicesOf("ada")).to.have.length(2);
        expect(await elsewhere.devicesOf("ada")).to.have.length(2);
      });

      it("lists a session once after regenerate(), and not after a log-out", async () => {
        const browser = await site.device("ada");
        await browser.post("/login?user=ada&device=again");
        expect(await site.devicesOf("ada")).to.deep.equal(["again"]);
        await browser.post("/logout");
        expect(await site.devicesOf("ada")).to.deep.equal([]);
        expect(await backend.entries()).to.deep.equal([]);
      });

      it("lists a session under its new owner alone when its data change", async () => {
        const browser = await site.device("ada");
        await browser.post("/become?user=bob");
        expect(await site.devicesOf("ada")).to.deep.equal([]);
        expect(await site.devicesOf("bob")).to.deep.equal(["laptop"]);
      });

      it("does not list the session of a guest", async () => {
        const guest = new Browser(site.app);
        await guest.post("/guest");
        expect(await backend.entries()).to.deep.equal([]);
        await guest.post("/login?user=ada&device=phone");
        expect(await site.devicesOf("ada")).to.deep.equal(["phone"]);
      });

      it("gives copies of the data", async () => {
        await site.device("ada");
        const { data } = await site.only("ada");
        data.device = "changed";
        expect(await site.devicesOf("ada")).to.deep.equal(["laptop"]);
      });

      it("hands out neither IDs that log in nor owners to the backend", async () => {
        const browser = await site.device("ada");
        const inBackend = JSON.stringify([
          ...(await backend.records()),
          ...(await backend.entries()),
          ...(await site.store.sessionsOf("ada")),
        ]);
        expect(inBackend).to.not.include(browser.cookie("session"));
        expect((await backend.entries()).join()).to.not.include("ada");
      });
    });

    describe("endSession()", () => {
      it("ends one session, and says that it has", async () => {
        const [phone, laptop] = [await site.device("ada"), await site.device("ada")];
        const id: string = await (await phone.get("/id")).json();
        expect(await site.store.endSession(id, { owner: "ada" })).to.equal(true);
        expect(await site.user(phone)).to.equal("nobody");
        expect(await site.user(laptop)).to.equal("ada");
        expect(await site.store.endSession(id, { owner: "ada" })).to.equal(false);
      });

      it("does not end a session of another user", async () => {
        const browser = await site.device("bob");
        const id: string = await (await browser.get("/id")).json();
        expect(await site.store.endSession(id, { owner: "ada" })).to.equal(false);
        expect(await site.user(browser)).to.equal("bob");
      });

      it("ends a session that has moved since its ID was listed", async () => {
        const browser = await site.device("ada");
        const { id } = await site.only("ada");
        await browser.post("/login");
        expect(await site.store.endSession(id, { owner: "ada" })).to.equal(true);
        expect(await site.user(browser)).to.equal("nobody");
      });

      for (const id of ["", "x", "made up", `${"A".repeat(42)}=`, "A".repeat(43), null, 7, {}]) {
        it(`ends nothing for the ID ${JSON.stringify(id)}`, async () => {
          await site.device("ada");
          expect(await site.store.endSession(id as string, { owner: "ada" })).to.equal(false);
        });
      }
    });

    describe("endSessionsOf()", () => {
      it("ends all sessions of the user, and returns their number", async () => {
        const devices = [await site.device("ada"), await site.device("ada")];
        const other = await site.device("bob");
        expect(await site.store.endSessionsOf("ada")).to.equal(2);
        for (const device of devices) expect(await site.user(device)).to.equal("nobody");
        expect(await site.user(other)).to.equal("bob");
        expect(await site.store.endSessionsOf("ada")).to.equal(0);
        expect((await backend.entries()).length).to.equal(1);
      });

      it("spares the session of the request", async () => {
        const [phone, laptop] = [await site.device("ada"), await site.device("ada")];
        expect(await (await phone.post("/end-others")).json()).to.equal(1);
        expect(await site.user(phone)).to.equal("ada");
        expect(await site.user(laptop)).to.equal("nobody");
        expect(await site.devicesOf("ada")).to.have.length(1);
      });

      it("ends the session of a thief who has stolen the cookie, and spares the one that calls it", async () => {
        const victim = await site.device("ada");
        const thief = new Browser(site.app);
        thief.setCookie("session", victim.cookie("session")!);
        await victim.post("/end-others");
        expect(await site.user(thief)).to.equal("nobody");
        expect(await site.user(victim)).to.equal("ada");
      });

      for (const path of ["/slow-save", "/slow-move"]) {
        it(`is not undone by a request that had loaded its session before (${path})`, async () => {
          const browser = await site.device("ada");
          const { response, go } = await site.hold(browser, path);
          expect(await site.store.endSessionsOf("ada")).to.equal(1);
          go();
          await response;
          expect(await site.user(browser)).to.equal("nobody");
          expect(await site.devicesOf("ada")).to.deep.equal([]);
          expect(await backend.entries()).to.deep.equal([]);
        });
      }

      it("ends the session under its new ID if another request moves it, although it was to be spared", async () => {
        const browser = await site.device("ada");
        const id: string = await (await browser.get("/id")).json();
        await browser.post("/login");
        expect(await site.store.endSessionsOf("ada", { except: { id } })).to.equal(1);
        expect(await site.user(browser)).to.equal("nobody");
      });

      it("ends everything if the session to be spared is a fresh one", async () => {
        await site.device("ada");
        const except = { id: undefined };
        expect(await site.store.endSessionsOf("ada", { except })).to.equal(1);
      });

      it("looks at the data, and not only at the index", async () => {
        await site.device("ada");
        const byDevice = backend.open({ owner: ({ device }: any) => `on ${device}` });
        expect(await byDevice.endSessionsOf("on laptop")).to.equal(0);
        expect(await site.devicesOf("ada")).to.deep.equal(["laptop"]);
      });

      it("rejects, and answers with no number, while the backend is down", async () => {
        const browser = await site.device("ada");
        await backend.fail();
        const error: unknown = await site.store.endSessionsOf("ada").catch((reason) => reason);
        expect(error).to.have.property("code", "ERR_SESSION_STORE");
        await backend.recover();
        await backend.closeStores();
        site = new OwnersSite(backend.open({ owner }));
        const later = new Browser(site.app, { jar: browser.jar });
        expect(await site.user(later)).to.equal("ada");
        expect(await site.store.endSessionsOf("ada")).to.equal(1);
      });
    });
  });
}
