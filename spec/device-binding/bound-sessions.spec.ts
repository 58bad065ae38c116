import { cookie } from "@hattip/cookie";
import { expect } from "chai";
import {
  DeviceBinding,
  session,
  type ExternalStoreOptions,
  type SessionOptions,
} from "../../lib/index.js";
import { answer, appOf } from "../support/app.js";
import {
  BindingBrowser,
  challengeIn,
  partsOf,
  type Instructions,
} from "../support/binding-browser.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { Deferred } from "../support/deferred.js";
import { Device } from "../support/device.js";
import { EventLog } from "../support/event-log.js";
import { BACKENDS, type ExternalBackend } from "../support/external-backends.js";
import {
  BoundSite,
  challengeOf,
  GRACE_SECONDS,
  PATH,
  PROOF_SECONDS,
  refreshHeaders,
  send,
  sessionIdOf,
  viewOf,
} from "../support/bound-site.js";

const BOUND = { user: "ada", isDeviceBound: true };
const UNBOUND = { user: "ada", isDeviceBound: false };
const STRANGER = { isDeviceBound: false };
const TOMBSTONE_SECONDS = 60;

for (const [name, start] of Object.entries(BACKENDS)) {
  describe(`Over ${name}, a bound session`, () => {
    let clock: Clock;
    let backend: ExternalBackend;
    let site: BoundSite;
    let owner: BindingBrowser;

    before(async () => {
      backend = await start();
    });
    after(() => backend?.stop());
    beforeEach(async () => {
      clock = new Clock();
      await backend.clear();
      await open();
    });
    afterEach(async () => {
      clock.restore();
      await backend.closeStores();
    });

    /** Opens a site with other options, and its owner logs in. */
    async function open(
      options: Partial<SessionOptions> = {},
      storeOptions: ExternalStoreOptions = {},
    ): Promise<void> {
      site = new BoundSite(backend.open(storeOptions), options);
      owner = await site.owner();
    }

    /** Another process of the app, or a later version of it. */
    const another = (options: Partial<SessionOptions> = {}): BoundSite =>
      new BoundSite(backend.open(), options);

    const identifier = (): string => owner.instructions!.session_identifier;

    /** The records, without tombstones. */
    async function liveRecords(): Promise<string[]> {
      const texts = [...(await backend.records()).values()];
      return texts.filter((text) => !/^1\.\d+\.0\./.test(text));
    }

    /** The session needs the proof, and its owner has it. */
    async function expectStillBound(data: object = {}): Promise<void> {
      clock.pass(PROOF_SECONDS);
      expect(await viewOf(site.thiefOf(owner, ["session"]))).to.deep.equal(STRANGER);
      expect(await viewOf(owner)).to.deep.equal({ ...BOUND, ...data });
      expect(site.app.errors).to.deep.equal([]);
    }

    it("has its binding in the header of its record, and not in its data", async () => {
      const texts = await liveRecords();
      expect(texts).to.have.length(1);
      expect(texts[0]).to.match(
        /^device=[\w-]{43}\.1800000000\.ES256\.[\w-]{43}\.[\w-]{43} 1\.1800000000\.1800086400\.\{"user":"ada"\}$/,
      );
      const { x, y } = owner.device!.jwk;
      expect(texts[0]).to.include(`.ES256.${x}.${y} `);
    });

    it("can have an RSA key", async () => {
      owner = new BindingBrowser(site.app);
      owner.algorithm = "RS256";
      await owner.post("/login");
      await expectStillBound();
      expect((await liveRecords()).join("\n")).to.include(`.RS256.${owner.device!.jwk.n} `);
    });

    it("is shown by isDeviceBound, which no handler can set", async () => {
      site.routes["/set"] = ({ session: its }) => {
        (its as { isDeviceBound: boolean }).isDeviceBound = false;
      };
      expect((await owner.post("/set")).status).to.equal(500);
      expect(site.app.errors).to.have.length(1);
      expect(site.app.errors[0]).to.be.instanceOf(TypeError);
      expect((site.app.errors[0] as TypeError).message).to.include("isDeviceBound");
      expect(await viewOf(owner)).to.deep.equal(BOUND);
    });

    describe("stays bound", () => {
      it("when data are saved, updated, and given a lifetime", async () => {
        await owner.post("/save?1");
        await owner.post("/update?2");
        await owner.post("/lifetime");
        await expectStillBound({ saved: "?1", updated: "?2" });
      });

      it("when two requests change it at once", async () => {
        clock.pass(1);
        await Promise.all([
          owner.post("/save?1"),
          owner.post("/update?2"),
          owner.post("/lifetime"),
        ]);
        expect(site.log.types).to.include("merged");
        await expectStillBound({ saved: "?1", updated: "?2" });
      });

      it("when it is renewed", async () => {
        clock.pass(40_000);
        await owner.get("/");
        expect(site.log.types).to.deep.equal(["proved", "renewed"]);
        await expectStillBound();
      });

      it("when it moves to a new ID, with the same proof and no new offer", async () => {
        const before = { proof: owner.proof, offer: owner.offer, id: owner.cookie("session") };
        const [text] = await liveRecords();
        const response = await owner.post("/regenerate");
        expect(response.headers.has("secure-session-registration")).to.equal(false);
        expect(response.headers.getSetCookie()).to.have.length(1);
        expect(owner.cookie("session")).to.not.equal(before.id);
        expect(owner.proof).to.equal(before.proof);
        expect(owner.offer).to.equal(before.offer);
        const [moved, ...others] = await liveRecords();
        expect(others).to.deep.equal([]);
        expect(moved!.split(" ")[0]).to.equal(text!.split(" ")[0]);
        await expectStillBound();
      });

      it("when it moves and changes in one request", async () => {
        site.routes["/all"] = async ({ session: its }) => {
          its.data.before = 1;
          await its.regenerate();
          await its.update((data) => void (data.during = 2));
          its.data.after = 3;
          return its.isDeviceBound;
        };
        expect(await (await owner.post("/all")).json()).to.equal(true);
        await expectStillBound({ before: 1, during: 2, after: 3 });
      });

      it("when one of several processes moves it while another saves", async () => {
        const other = another();
        const second = new Browser(other.app, { jar: owner.jar });
        await Promise.all([
          owner.post("/regenerate"),
          second.post("/save?1"),
          owner.post("/update"),
        ]);
        clock.pass(PROOF_SECONDS);
        expect(await viewOf(owner)).to.include(BOUND);
        const texts = await liveRecords();
        expect(texts).to.have.length(1);
        expect(texts[0]).to.match(/^device=\S+\.ES256\.\S+ 1\./);
      });

      it("with a lifetime of a browser", async () => {
        site.routes["/forget"] = ({ session: its }) => void (its.lifetime = "browser");
        await owner.post("/forget");
        await expectStillBound();
        await owner.post("/regenerate");
        await expectStillBound();
      });

      it("under shorter timeouts of another process, until they end it", async () => {
        const shorter = another({ idleTimeout: 1000, absoluteTimeout: 1000 });
        clock.pass(500);
        await owner.get("/");
        const here = new Browser(shorter.app, { jar: owner.jar });
        expect(await viewOf(here)).to.deep.equal(STRANGER);
        await open({ idleTimeout: 1000, absoluteTimeout: 2000 });
        clock.pass(900);
        expect(await viewOf(owner)).to.deep.equal(BOUND);
        clock.pass(900);
        expect(await viewOf(owner)).to.deep.equal(BOUND);
        clock.pass(200);
        // The browser asks for a challenge, and learns that the session is over.
        owner.jar.removeAllCookiesSync();
        expect(await viewOf(owner)).to.deep.equal(STRANGER);
        expect(owner.instructions).to.equal(undefined);
      });

      it("when the app takes the option away and puts it back", async () => {
        const without = another({ deviceBinding: undefined });
        const plain = new Browser(without.app, { jar: owner.jar });
        clock.pass(PROOF_SECONDS);
        expect(await viewOf(plain), "any cookie will do").to.deep.equal(UNBOUND);
        await plain.post("/save?1");
        await plain.post("/update?2");
        const path = await plain.post(PATH);
        expect(path.status).to.equal(404);
        await expectStillBound({ saved: "?1", updated: "?2" });
      });

      // A thief could bind a device of his own otherwise, while some servers have no option yet.
      it("if a part of the app without the option moves it", async () => {
        const without = another({ deviceBinding: undefined });
        const thief = new Browser(without.app, { jar: owner.jar });
        await thief.post("/regenerate");
        expect((await liveRecords()).join()).to.match(/^device=[\w-]{43}\.\d+\.ES256\./);
        clock.pass(PROOF_SECONDS);
        expect(await viewOf(new Browser(site.app, { jar: owner.jar }))).to.deep.equal(STRANGER);
        expect(await viewOf(owner)).to.deep.equal(BOUND);
      });
    });

    describe("has an owner", () => {
      beforeEach(() => open({}, { owner: ({ user }) => user as string | undefined }));

      it("who may end it from another device", async () => {
        const laptop = await site.owner();
        expect(await site.store.sessionsOf("ada")).to.have.length(2);
        site.routes["/id"] = ({ session: its }) => its.id;
        const id = (await (await owner.get("/id")).json()) as string;
        expect(await site.store.endSession(id, { owner: "ada" })).to.equal(true);
        clock.pass(PROOF_SECONDS);
        expect(await viewOf(owner)).to.deep.equal(STRANGER);
        expect(owner.instructions, "the browser has forgotten its key").to.equal(undefined);
        expect(await viewOf(laptop)).to.deep.equal(BOUND);
      });

      it("who may end all but the one in use, which stays bound", async () => {
        const laptop = await site.owner();
        site.routes["/end-others"] = async ({ session: its }) => {
          await its.regenerate();
          return site.store.endSessionsOf("ada", { except: its });
        };
        expect(await (await laptop.post("/end-others")).json()).to.equal(1);
        clock.pass(PROOF_SECONDS);
        expect(await viewOf(owner)).to.deep.equal(STRANGER);
        expect(await viewOf(laptop)).to.deep.equal(BOUND);
        expect(await viewOf(site.thiefOf(laptop, ["session"]))).to.deep.equal(STRANGER);
      });

      it("and stays bound when it moves, and leaves one entry", async () => {
        await owner.post("/regenerate");
        await expectStillBound();
        expect(await site.store.sessionsOf("ada")).to.have.length(1);
      });
    });

    describe("ends or moves", () => {
      it("and the browser forgets its key when it asks for a challenge", async () => {
        await owner.post("/logout");
        const response = await send(owner, refreshHeaders(identifier()));
        expect(response.status).to.equal(200);
        expect(await response.json()).to.deep.equal({ continue: false });
      });

      it("and a late refresh with the old ID keeps the key for a minute, then ends it", async () => {
        const cookies = `session=${owner.cookie("session")}`;
        await owner.post("/regenerate");
        const late = (): Promise<Response> =>
          owner.send(PATH, refreshHeaders(identifier()), cookies);
        for (const seconds of [0, TOMBSTONE_SECONDS - 1]) {
          clock.pass(seconds);
          const response = await late();
          expect(response.status).to.equal(503);
          expect(await response.text()).to.equal("");
          expect(response.headers.getSetCookie()).to.deep.equal([]);
        }
        clock.pass(1);
        expect(await (await late()).json()).to.deep.equal({ continue: false });
      });

      // A release with a mistake in its parse must not cost all visitors their keys.
      it("keeps its key while the app cannot read its data", async () => {
        const faulty = new BoundSite(
          backend.open({
            parse() {
              throw new Error("a mistake");
            },
          }),
        );
        const cookies = `session=${owner.cookie("session")}`;
        const broken = await new Browser(faulty.app).post(PATH, {
          headers: refreshHeaders(identifier()),
          cookie: cookies,
        });
        expect(broken.status).to.equal(503);
        clock.pass(PROOF_SECONDS);
        expect(await viewOf(owner)).to.deep.equal(BOUND);
      });

      it("and a refresh that began before the move is answered right after it", async () => {
        clock.pass(PROOF_SECONDS);
        const first = await send(owner, refreshHeaders(identifier()));
        const challenge = challengeIn(first)!;
        await new BindingBrowser(site.app, { jar: owner.jar }).get("/");
        site.log.clear();
        const jwt = await owner.device!.sign(challenge);
        const proven = await send(owner, refreshHeaders(identifier(), jwt));
        expect(proven.status).to.equal(200);
        await owner.post("/regenerate");
        const again = await send(owner, refreshHeaders(identifier(), jwt));
        expect(again.status, "under the new ID").to.equal(200);
        expect(await viewOf(owner)).to.deep.equal(BOUND);
      });

      it("and a late request of its owner changes nothing, sets no cookie, and can still log out", async () => {
        const cookies = `session=${owner.cookie("session")}; session-proof=${owner.proof}`;
        await owner.post("/regenerate");
        site.log.clear();
        const before = await backend.records();
        const response = await new Browser(site.app).post("/save", { cookie: cookies });
        expect(response.headers.getSetCookie()).to.deep.equal([]);
        expect(await backend.records()).to.deep.equal(before);
        expect(site.log.types).to.deep.equal(["gone"]);
        await new Browser(site.app).post("/logout", { cookie: cookies });
        expect(await liveRecords()).to.deep.equal([]);
        expect(await viewOf(owner)).to.deep.equal(STRANGER);
      });

      it("and a log-out that had its proof ends it under the new ID, however long it takes", async () => {
        site.routes["/slow-logout"] = async ({ session: its }) => {
          clock.pass(PROOF_SECONDS);
          await owner.post("/regenerate");
          await its.destroy();
        };
        const cookies = `session=${owner.cookie("session")}; session-proof=${owner.proof}`;
        await new Browser(site.app).post("/slow-logout", { cookie: cookies });
        expect(await liveRecords()).to.deep.equal([]);
      });

      it("and a new log-in in the same browser gets a key of its own", async () => {
        const old = { ...owner.instructions! } as Instructions;
        await owner.post("/logout");
        await owner.post("/login");
        expect(owner.instructions!.session_identifier).to.not.equal(old.session_identifier);
        // The browser still has the old key, and asks for it beside the new cookie.
        const response = await send(owner, refreshHeaders(old.session_identifier));
        expect(await response.json()).to.deep.equal({ continue: false });
        expect(response.headers.getSetCookie()).to.deep.equal([]);
        await expectStillBound();
      });

      it("and the old key is over, too, while the new session has none yet", async () => {
        const old = identifier();
        await owner.post("/logout");
        await Browser.prototype.request.call(owner, "/login", { method: "POST" });
        const response = await send(owner, refreshHeaders(old));
        expect(await response.json()).to.deep.equal({ continue: false });
      });
    });

    describe("whose browser sends several cookies of one name", () => {
      it("is found behind values that are none", async () => {
        const cookies = `session=x; session=${"A".repeat(43)}; session=${owner.cookie("session")}; session-proof=${owner.proof}`;
        expect(await (await owner.get("/", { cookie: cookies })).json()).to.deep.equal(BOUND);
        const refresh = await owner.send(PATH, refreshHeaders(identifier()), cookies);
        expect(refresh.status).to.equal(403);
        expect(refresh.headers.has("secure-session-challenge")).to.equal(true);
      });

      for (const kind of ["bound", "unbound"]) {
        it(`keeps its key when the cookie of another session, ${kind}, comes first`, async () => {
          clock.pass(PROOF_SECONDS);
          // A cookie with a longer path, left from an earlier version of the app or planted.
          const other = kind === "bound" ? await site.owner() : await site.unboundOwner();
          const cookies = `session=${other.cookie("session")}; session=${owner.cookie("session")}`;
          const refresh = await owner.send(PATH, refreshHeaders(identifier()), cookies);
          expect(refresh.status).to.equal(403);
          expect(refresh.headers.get("secure-session-challenge")).to.include(identifier());
        });
      }

      it("renews its proof when the old cookie of a session that has just moved comes first", async () => {
        const other = await site.owner();
        const cookies = `session=${other.cookie("session")}; session=${owner.cookie("session")}`;
        await other.post("/regenerate");
        const refresh = await owner.send(PATH, refreshHeaders(identifier()), cookies);
        expect(refresh.status).to.equal(403);
      });

      it("is used beside an unproven one, in either order", async () => {
        const other = await site.owner();
        clock.pass(GRACE_SECONDS);
        const [mine, foreign] = [owner, other].map((one) => `session=${one.cookie("session")}`);
        for (const both of [`${mine}; ${foreign}`, `${foreign}; ${mine}`]) {
          const cookies = `${both}; session-proof=${owner.proof}`;
          site.log.clear();
          const response = await owner.post("/save?several", { cookie: cookies });
          expect(response.headers.getSetCookie()).to.deep.equal([]);
          expect(site.log.events).to.not.deep.include({ type: "fresh", reason: "unproven" });
        }
        expect(await viewOf(owner)).to.deep.equal({ ...BOUND, saved: "?several" });
        expect(await viewOf(other)).to.deep.equal(BOUND);
      });

      it("is proven by any of several proof cookies", async () => {
        clock.pass(PROOF_SECONDS);
        const stale = owner.proof ?? "x";
        await owner.get("/");
        const id = `session=${owner.cookie("session")}`;
        for (const proofs of [
          [stale, owner.proof],
          [owner.proof, stale],
          ["x", "", owner.proof],
        ]) {
          const sent = proofs.map((proof) => `session-proof=${proof}`).join("; ");
          const response = await owner.get("/", { cookie: `${id}; ${sent}` });
          expect(await response.json(), sent).to.deep.equal(BOUND);
        }
      });
    });

    describe("whose registration is under way", () => {
      it("lets requests pass that have no proof yet, for ten seconds", async () => {
        const late = await site.unboundOwner();
        const gate = new Deferred();
        const reached = new Deferred();
        site.routes["/slow"] = async ({ session: its }) => {
          reached.resolve();
          await gate.promise;
          its.data.slow = true;
        };
        const cookies = `session=${late.cookie("session")}`;
        const slow = new Browser(site.app).post("/slow", { cookie: cookies });
        await reached.promise;
        expect((await late.register()).status).to.equal(200);
        gate.resolve();
        expect((await slow).status).to.equal(200);
        const inFlight = new Browser(site.app);
        clock.pass(GRACE_SECONDS - 1);
        await inFlight.post("/save?late", { cookie: cookies });
        clock.pass(1);
        await inFlight.post("/save?too-late", { cookie: cookies });
        const expected = { ...BOUND, slow: true, saved: "?late" };
        expect(await viewOf(late)).to.deep.equal(expected);
      });

      it("is bound once, by the first of two keys", async () => {
        const late = await site.unboundOwner();
        const challenge = challengeOf(late);
        const answers = await Promise.all(
          [1, 2, 3].map(async () => (await Device.make()).register(challenge)),
        );
        const responses = await Promise.all(
          answers.map((jwt) => send(new Browser(site.app), { "secure-session-response": jwt })),
        );
        expect(responses.map(({ status }) => status)).to.have.members([200, 403, 403]);
        expect(site.log.types).to.have.members(["bound", "proof-refused", "proof-refused"]);
      });

      it("may be registered again by the same key, if the answer was lost", async () => {
        const late = await site.unboundOwner();
        await late.register();
        late.jar.removeAllCookiesSync();
        clock.pass(30);
        const again = await send(late, { "secure-session-response": late.registration! });
        expect(again.status).to.equal(200);
        expect(await again.json()).to.deep.equal(late.instructions);
        expect(again.headers.getSetCookie()).to.have.length(1);
      });

      it("is offered binding by the next log-in, if the registration never came", async () => {
        const late = await site.unboundOwner();
        clock.pass(3600);
        expect(await viewOf(late)).to.deep.equal(UNBOUND);
        const old = late.offer;
        await late.post("/login");
        expect(late.offer).to.not.equal(old);
        clock.pass(PROOF_SECONDS);
        expect(await viewOf(late)).to.deep.equal(BOUND);
      });

      it("needs no cookie: a log-in that another site has begun brings none", async () => {
        const late = await site.unboundOwner();
        const id = late.cookie("session")!;
        late.jar.removeAllCookiesSync();
        expect((await late.register()).status).to.equal(200);
        late.setCookie("session", id);
        clock.pass(PROOF_SECONDS);
        expect(await viewOf(late)).to.deep.equal(BOUND);
      });

      it("is found behind the cookie of another session", async () => {
        const late = await site.unboundOwner();
        const jwt = await (await Device.make()).register(challengeOf(late));
        const cookies = `session=${owner.cookie("session")}; session=${late.cookie("session")}`;
        const response = await owner.send(PATH, { "secure-session-response": jwt }, cookies);
        expect(response.status).to.equal(200);
      });

      it("does not take the proof of a later session away from the browser", async () => {
        const visitor = await site.unboundOwner();
        const early = visitor.offer!;
        // A form of another site logs in again: the request has no cookie of the first session.
        const init = { method: "POST", cookie: "" };
        const second = await Browser.prototype.request.call(visitor, "/login", init);
        visitor.offer = second.headers.get("secure-session-registration")!;
        await visitor.register();
        const jwt = await (await Device.make()).register(partsOf(early).challenge);
        const late = await send(visitor, { "secure-session-response": jwt });
        expect(late.status).to.be.oneOf([200, 403]);
        clock.pass(GRACE_SECONDS);
        expect(await viewOf(visitor)).to.deep.equal(BOUND);
      });

      it("is refused when the session has moved or ended meanwhile, and sets no cookie", async () => {
        for (const path of ["/regenerate", "/logout"]) {
          const late = await site.unboundOwner();
          const first = late.offer!;
          const records = await liveRecords();
          await Browser.prototype.request.call(late, path, { method: "POST" });
          late.offer = first;
          const response = await late.register();
          expect(response.status, path).to.equal(403);
          expect(response.headers.getSetCookie()).to.deep.equal([]);
          expect((await liveRecords()).length).to.be.at.most(records.length);
        }
      });

      it("is refused by an earlier challenge under the new ID", async () => {
        const late = await site.unboundOwner();
        const challenge = challengeOf(late);
        const oldId = sessionIdOf(late);
        await Browser.prototype.request.call(late, "/regenerate", { method: "POST" });
        const moved = challenge.replace(oldId, sessionIdOf(late));
        expect(moved).to.not.equal(challenge);
        const jwt = await (await Device.make()).register(moved);
        const response = await send(late, { "secure-session-response": jwt });
        expect(response.status).to.equal(403);
      });

      it("merges with a change of the data: both are kept", async () => {
        const late = await site.unboundOwner();
        site.routes["/during"] = async ({ session: its }) => {
          its.data.during = true;
          await late.register();
        };
        await late.post("/during");
        clock.pass(PROOF_SECONDS);
        expect(await viewOf(late)).to.deep.equal({ ...BOUND, during: true });
        expect(await viewOf(site.thiefOf(late, ["session"]))).to.deep.equal(STRANGER);
      });

      it("stays bound if a request that began before it moves the session", async () => {
        const late = await site.unboundOwner();
        site.routes["/during"] = async ({ session: its }) => {
          void its.data;
          await late.register();
          await its.regenerate();
          return its.isDeviceBound;
        };
        const response = await Browser.prototype.request.call(late, "/during");
        expect(await response.json()).to.equal(true);
        expect(response.headers.has("secure-session-registration")).to.equal(false);
        clock.pass(PROOF_SECONDS);
        expect(await viewOf(late)).to.deep.equal(BOUND);
      });

      it("is seen as bound by a request that updates it meanwhile", async () => {
        const late = await site.unboundOwner();
        site.routes["/during"] = async ({ session: its }) => {
          const before = its.isDeviceBound;
          await late.register();
          await its.update((data) => void (data.n = 1));
          return [before, its.isDeviceBound];
        };
        expect(await (await late.get("/during")).json()).to.deep.equal([false, true]);
      });
    });

    describe("whose record is as large as the store allows", () => {
      const MAX_BYTES = 300;
      const sizeOf = async (): Promise<number> => {
        const [text] = await liveRecords();
        return Buffer.byteLength(text!);
      };

      it("can log in, be bound, move and renew", async () => {
        await backend.clear();
        const options = { maxBytes: MAX_BYTES };
        const plain = new BoundSite(backend.open(options), { deviceBinding: undefined });
        plain.routes["/fill"] = ({ session: its, url }) =>
          void (its.data.x = "é".repeat(Number(url.search.slice(1))));
        const visitor = new Browser(plain.app);
        let length = 1;
        await visitor.post(`/fill?${length}`);
        const base = (await sizeOf()) - 2;
        length = Math.floor((MAX_BYTES - base) / 2);
        await visitor.post(`/fill?${length}`);
        expect(await sizeOf()).to.be.within(MAX_BYTES - 1, MAX_BYTES);

        const bound = new BoundSite(backend.open(options));
        const browser = new BindingBrowser(bound.app, { jar: visitor.jar });
        expect((await browser.post("/regenerate")).status, "log-in").to.equal(200);
        expect(browser.instructions, "bound").to.be.an("object");
        expect((await browser.post("/regenerate")).status, "moved").to.equal(200);
        clock.pass(40_000);
        expect((await browser.get("/")).status, "renewed").to.equal(200);
        expect(bound.log.types).to.include("renewed");
        expect((await browser.post("/save?" + "x".repeat(MAX_BYTES))).status).to.equal(500);
        bound.app.errors.length = 0;
      });
    });

    describe("while the store is down", () => {
      afterEach(() => backend.recover());

      for (const what of ["registration", "challenge", "refresh"]) {
        it(`answers a ${what} by 503 and an event, and is as it was afterwards`, async () => {
          const late = await site.unboundOwner();
          const device = await Device.make();
          const jwt = await device.register(challengeOf(late));
          clock.pass(30);
          const first = await send(owner, refreshHeaders(identifier()));
          const challenge = challengeIn(first)!;
          const answers: Record<string, () => Promise<Response>> = {
            registration: () => send(late, { "secure-session-response": jwt }),
            challenge: () => send(owner, refreshHeaders(identifier())),
            refresh: async () =>
              send(owner, refreshHeaders(identifier(), await owner.device!.sign(challenge))),
          };
          site.log.clear();
          await backend.fail();
          const response = await answers[what]!();
          expect(response.status).to.equal(503);
          expect(await response.text()).to.equal("");
          expect(response.headers.getSetCookie()).to.deep.equal([]);
          expect(response.headers.get("cache-control")).to.equal("no-store");
          expect(site.log.events).to.deep.equal([
            { type: "store-failed", code: "ERR_SESSION_STORE" },
          ]);
          expect(site.log.failures[0]).to.have.property("operation", "bind");
          expect(site.app.errors).to.deep.equal([]);
          await backend.recover();

          const later = another();
          const again = new Browser(later.app, {
            jar: (what === "registration" ? late : owner).jar,
          });
          if (what === "registration") {
            const retried = await send(again, { "secure-session-response": jwt });
            expect(retried.status).to.equal(200);
          } else {
            const retried = await send(
              again,
              refreshHeaders(identifier(), await owner.device!.sign(challenge)),
            );
            expect(retried.status).to.equal(200);
          }
          expect(await viewOf(again)).to.deep.equal(BOUND);
        });
      }

      it("a log-in fails, and makes no offer", async () => {
        await backend.fail();
        const visitor = new Browser(site.app);
        const response = await visitor.post("/login");
        expect(response.status).to.equal(500);
        expect(response.headers.has("secure-session-registration")).to.equal(false);
      });
    });

    describe("is offered", () => {
      it("at a log-in over https only", async () => {
        for (const origin of ["http://localhost:3000", "http://example.com"]) {
          site.log.clear();
          const visitor = new Browser(site.app, { origin });
          const response = await visitor.post("/login");
          expect(response.status).to.equal(200);
          expect(response.headers.has("secure-session-registration"), origin).to.equal(false);
          expect(site.log.types).to.deep.equal(["saved"]);
        }
      });

      it("with both algorithms, its path and a challenge", async () => {
        expect(owner.offer).to.match(
          /^\(ES256 RS256\);path="\/\.well-known\/session-binding\/session";challenge="[\w-]{43}\.1800000000\.[\w-]{22}"$/,
        );
      });

      it("for a session that has begun before, at its log-in", async () => {
        const visitor = new BindingBrowser(site.app);
        await visitor.post("/save?cart");
        expect(visitor.offer).to.equal(undefined);
        await visitor.post("/login");
        expect(await viewOf(visitor)).to.deep.equal({ ...BOUND, saved: "?cart" });
      });

      it("for a session from before the app had the option, at its next log-in", async () => {
        const without = another({ deviceBinding: undefined });
        const jar = new Browser(without.app);
        await jar.post("/login");
        const visitor = new BindingBrowser(site.app, { jar: jar.jar });
        expect(await viewOf(visitor)).to.deep.equal(UNBOUND);
        await visitor.post("/login");
        expect(await viewOf(visitor)).to.deep.equal(BOUND);
      });

      it("not by a request that only reads, saves, updates, renews or ends", async () => {
        const late = await site.unboundOwner();
        const visitor = new Browser(site.app, { jar: late.jar });
        site.log.clear();
        for (const path of ["/", "/save", "/update", "/lifetime", "/nothing"]) {
          clock.pass(60);
          const response = await visitor.post(path);
          expect(response.headers.has("secure-session-registration"), path).to.equal(false);
        }
        await visitor.post("/logout");
        expect(site.log.types).to.not.include("binding-offered");
      });

      it("not by a regenerate() that another request has made useless", async () => {
        const late = await site.unboundOwner();
        site.routes["/late"] = async ({ session: its }) => {
          void its.data;
          await new Browser(site.app, { jar: late.jar }).post("/regenerate");
          await its.regenerate();
        };
        const response = await Browser.prototype.request.call(late, "/late");
        expect(response.headers.has("secure-session-registration")).to.equal(false);
      });

      it("for the new session that begins by a regenerate() that came too late", async () => {
        const late = await site.unboundOwner();
        site.routes["/late"] = async ({ session: its }) => {
          void its.data;
          await new Browser(site.app, { jar: late.jar.cloneSync() }).post("/regenerate");
          await its.regenerate();
          its.data.user = "bob";
        };
        const response = await Browser.prototype.request.call(late, "/late");
        expect(response.headers.has("secure-session-registration")).to.equal(true);
      });

      it("not by a regenerate() that has failed, also if the session is renewed", async () => {
        const late = await site.unboundOwner();
        clock.pass(40_000);
        site.routes["/conflict"] = async ({ session: its }) => {
          its.data.mine = 1;
          await new Browser(site.app, { jar: late.jar.cloneSync() }).post("/save?2");
          await its.regenerate().catch(() => {});
          return Response.json("again", { status: 409 });
        };
        const response = await Browser.prototype.request.call(late, "/conflict");
        expect(response.status).to.equal(409);
        expect(response.headers.has("secure-session-registration")).to.equal(false);
      });

      it("not when the same request ends the session", async () => {
        site.routes["/both"] = async ({ session: its }) => {
          await its.regenerate();
          its.data.user = "ada";
          await its.destroy();
        };
        site.routes["/anew"] = async ({ session: its }) => {
          await its.regenerate();
          await its.destroy();
          its.data.theme = "dark";
        };
        for (const path of ["/both", "/anew"]) {
          const response = await new Browser(site.app).post(path);
          expect(response.headers.has("secure-session-registration"), path).to.equal(false);
        }
      });

      it("on a response whose headers cannot be changed, such as a redirect", async () => {
        site.routes["/redirect"] = async ({ session: its }) => {
          await its.regenerate();
          its.data.user = "ada";
          return Response.redirect("https://example.com/", 303);
        };
        const visitor = new BindingBrowser(site.app);
        expect((await visitor.post("/redirect")).status).to.equal(303);
        expect(await viewOf(visitor)).to.deep.equal(BOUND);
      });
    });

    describe("whose browser has lost its key", () => {
      const ownPage = { "sec-fetch-site": "same-origin" };

      beforeEach(() => {
        // As when the visitor logs in by another site: the state must outlive a request.
        site.routes["/begin"] = ({ session: { data } }) => void (data.state = "s");
        site.routes["/callback"] = async ({ session: its }) => {
          if (its.data.state !== "s") return new Response("Forbidden", { status: 403 });
          await its.regenerate();
          its.data.user = "ada";
          return null;
        };
        owner.jar.setCookieSync("session-proof=; Max-Age=0; Path=/", "https://example.com");
        clock.pass(PROOF_SECONDS);
      });

      const typed = { "sec-fetch-site": "none", "sec-fetch-mode": "navigate" };
      for (const headers of [ownPage, typed]) {
        it(`lets the visitor log in, with what the log-in keeps meanwhile: ${headers["sec-fetch-site"]}`, async () => {
          const lost = new Browser(site.app, { jar: owner.jar });
          const records = await liveRecords();
          await lost.get("/begin", { headers });
          const response = await lost.get("/callback", { headers });
          expect(response.status).to.equal(200);
          expect(response.headers.has("secure-session-registration")).to.equal(true);
          expect(await viewOf(lost)).to.include({ user: "ada" });
          expect(await liveRecords()).to.include.members(records);
        });
      }

      it("keeps its cookie where the browser may have the key", async () => {
        const others: Record<string, string>[] = [
          {},
          { "sec-fetch-site": "cross-site" },
          { "sec-fetch-site": "same-site" },
          // A form of another site.
          { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", method: "POST" },
          // An extension of the browser.
          { "sec-fetch-site": "none", "sec-fetch-mode": "cors" },
          { ...ownPage, "secure-session-skipped": "quota_exceeded" },
          { ...ownPage, cookie: `session=${owner.cookie("session")}; session-proof=1.x` },
        ];
        for (const { cookie: sent, method = "GET", ...headers } of others) {
          const browser = new Browser(site.app, { jar: owner.jar });
          const response = await browser.get("/begin", {
            method,
            headers,
            ...(sent && { cookie: sent }),
          });
          expect(response.headers.getSetCookie()).to.deep.equal([]);
        }
      });
    });

    describe("that a link of another site leads to, without a proof", () => {
      const navigation = (site_: string, mode = "navigate"): Record<string, string> => ({
        "sec-fetch-site": site_,
        "sec-fetch-mode": mode,
      });
      let calls = 0;

      beforeEach(() => {
        calls = 0;
        site.routes["/page"] = () => ++calls;
        clock.pass(PROOF_SECONDS);
      });

      for (const from of ["cross-site", "same-site"]) {
        it(`is answered by a page that loads itself again: ${from}`, async () => {
          const link = new Browser(site.app, { jar: owner.jar });
          const response = await link.get("/page", { headers: navigation(from) });
          expect(response.status).to.equal(200);
          expect(await response.text()).to.equal(
            "<!doctype html><script>location.reload()</script>",
          );
          expect(Object.fromEntries(response.headers)).to.deep.equal({
            "content-type": "text/html",
            refresh: "1; url=./page",
            "cache-control": "no-store",
            "cross-origin-resource-policy": "same-origin",
          });
          expect(calls).to.equal(0);
          expect(site.log.events).to.deep.equal([]);
          // The page's own request comes from the same origin. The browser renews the proof first.
          await owner.get("/page", { headers: navigation("same-origin") });
          expect(calls).to.equal(1);
          expect(site.log.types).to.deep.equal(["proved"]);
        });
      }

      it("stays on this origin and keeps its query, whatever its path is", async () => {
        const link = new Browser(site.app, { jar: owner.jar });
        const paths: Record<string, string> = {
          "/": "./",
          "/?a=1;b=%22": "./?a=1;b=%22",
          "/a/b:c?url=//example.org": "./b:c?url=//example.org",
          "//example.org/x": "./x",
          "/%0D%0Ax:%20y": "./%0D%0Ax:%20y",
        };
        for (const [path, address] of Object.entries(paths)) {
          const url = `https://example.com${path}`;
          const { headers } = await link.get(url, { headers: navigation("cross-site") });
          expect(headers.get("refresh")).to.equal(`1; url=${address}`);
          expect(new URL(address, url).href).to.equal(url);
        }
      });

      it("reaches the handlers as a stranger in every other case", async () => {
        const link = new Browser(site.app, { jar: owner.jar });
        const others: [method: string, headers: Record<string, string>][] = [
          ["GET", {}],
          ["GET", navigation("same-origin")],
          ["GET", navigation("none")],
          ["GET", navigation("cross-site", "cors")],
          ["GET", navigation("cross-site", "no-cors")],
          ["POST", navigation("cross-site")],
          ["GET", { "sec-fetch-site": "cross-site" }],
        ];
        for (const [method, headers] of others) {
          await link.get("/page", { method, headers });
        }
        expect(calls).to.equal(others.length);
      });

      it("reaches the handlers at once if it has a proof, or no session", async () => {
        await owner.get("/");
        const headers = navigation("cross-site");
        await owner.get("/page", { headers });
        await new Browser(site.app).get("/page", { headers });
        expect(calls).to.equal(2);
        const expired = `session=${"A".repeat(43)}`;
        await new Browser(site.app).get("/page", { headers, cookie: expired });
        expect(calls).to.equal(3);
        const response = await new Browser(site.app).post("/save", { headers, cookie: expired });
        expect(response.headers.getSetCookie()).to.have.lengthOf(1);
      });
    });

    describe("tells by events", () => {
      it("why a browser has renewed no proof", async () => {
        const thief = site.thiefOf(owner);
        clock.pass(PROOF_SECONDS);
        for (const reason of ["unreachable", "server_error", "quota_exceeded"]) {
          site.log.clear();
          const headers = { "secure-session-skipped": `${reason};session_identifier="x"` };
          await thief.get("/", { headers });
          expect(site.log.events).to.deep.equal([
            { type: "refresh-skipped", reason },
            { type: "fresh", reason: "unproven" },
          ]);
        }
        for (const odd of ["", "x", "unreachable_", "xunreachable", "a\u00e9", "UNREACHABLE"]) {
          site.log.clear();
          await thief.get("/", { headers: { "secure-session-skipped": odd } });
          expect(site.log.events, odd).to.deep.equal([{ type: "fresh", reason: "unproven" }]);
        }
      });

      it("nothing of that header while the request is proven, or has no session", async () => {
        const headers = { "secure-session-skipped": "unreachable" };
        await owner.get("/", { headers });
        await new Browser(site.app).get("/", { headers });
        expect(site.log.events).to.deep.equal([]);
      });

      it("what has happened, in order", async () => {
        const visitor = new BindingBrowser(site.app);
        await visitor.post("/login");
        clock.pass(PROOF_SECONDS);
        await visitor.get("/");
        await visitor.post("/regenerate");
        await visitor.post("/logout");
        expect(site.log.types).to.deep.equal([
          ...["saved", "binding-offered", "bound"],
          ...["proved", "regenerated", "destroyed"],
        ]);
      });
    });

    describe("costs", () => {
      const calls: string[] = [];

      /** The calls of the store's hooks while `work` runs. */
      async function during(work: () => Promise<unknown>): Promise<string[]> {
        calls.length = 0;
        await work();
        return [...calls];
      }

      /** Lists the calls of the hooks, which are the commands of the backend. */
      function watch(): void {
        const hooks = site.store as unknown as Record<string, (...args: unknown[]) => unknown>;
        for (const hook of ["read", "create", "update", "remove"]) {
          const work = hooks[hook]!.bind(site.store);
          hooks[hook] = (...args) => {
            calls.push(hook);
            return work(...args);
          };
        }
      }

      it("no call of the store more than an unbound one", async () => {
        watch();
        const plain = new BoundSite(site.store, { deviceBinding: undefined });
        const visitor = new Browser(plain.app);
        const costs = async (browser: Browser): Promise<string[][]> => [
          await during(() => browser.get("/nothing")),
          await during(() => browser.get("/")),
          await during(() => browser.post("/save?x")),
          await during(() => browser.post("/update?x")),
          await during(() => browser.post("/regenerate")),
          await during(() => browser.post("/logout")),
        ];
        const login = await during(() => visitor.post("/login"));
        const unbound = await costs(visitor);
        expect(login).to.deep.equal(["create"]);
        expect(unbound.slice(0, 2)).to.deep.equal([["read"], ["read"]]);
        const late = new Browser(site.app);
        expect(await during(() => late.post("/login"))).to.deep.equal(login);
        expect(await costs(late), "offered").to.deep.equal(unbound);
        expect(await costs(owner), "bound").to.deep.equal(unbound);
      });

      it("one read and one write for its registration", async () => {
        watch();
        const late = await site.unboundOwner();
        expect(await during(() => late.register())).to.deep.equal(["read", "update"]);
      });

      it("one read for each of the two requests of a refresh, and no write", async () => {
        watch();
        clock.pass(PROOF_SECONDS);
        const before = await backend.records();
        expect(await during(() => owner.refresh())).to.deep.equal(["read", "read"]);
        expect(await backend.records()).to.deep.equal(before);
        expect(await during(() => owner.get("/"))).to.deep.equal(["read"]);
      });
    });

    describe("beside another one in one browser", () => {
      const outerLog = new EventLog();
      const innerLog = new EventLog();

      /** Two sessions, each bound: nested, with one DeviceBinding for both. */
      async function nested(): Promise<BindingBrowser[]> {
        const deviceBinding = new DeviceBinding({ proofSeconds: PROOF_SECONDS });
        const common = { store: backend.open(), deviceBinding, idleTimeout: 86_400 };
        const outer = session({ ...common, cookieName: "outer", onEvent: outerLog.onEvent });
        const inner = session({ ...common, cookieName: "inner", onEvent: innerLog.onEvent });
        const two = appOf(
          cookie(),
          outer,
          inner,
          answer({
            "/": (ctx) =>
              [outer, inner].map((one) => {
                const { data, isDeviceBound } = one.of(ctx);
                return { ...data, isDeviceBound };
              }),
            "/login-outer": async (ctx) => {
              await outer.of(ctx).regenerate();
              outer.of(ctx).data.user = "ada";
            },
            "/login-inner": async (ctx) => {
              await inner.of(ctx).regenerate();
              inner.of(ctx).data.user = "bob";
            },
          }),
        );
        outerLog.clear();
        innerLog.clear();
        // One browser: both share a jar. Each stands for one of its two keys.
        const first = new BindingBrowser(two);
        const second = new BindingBrowser(two, { jar: first.jar });
        await first.post("/login-outer");
        await second.post("/login-inner");
        return [first, second];
      }

      it("has a key and a proof of its own", async () => {
        const [first, second] = await nested();
        const both = [
          { user: "ada", isDeviceBound: true },
          { user: "bob", isDeviceBound: true },
        ];
        expect(await viewOf(first!)).to.deep.equal(both);
        expect(first!.instructions!.session_identifier).to.not.equal(
          second!.instructions!.session_identifier,
        );
        clock.pass(PROOF_SECONDS);
        await second!.refresh();
        expect(await viewOf(second!)).to.deep.equal([{ isDeviceBound: false }, both[1]]);
        expect(await viewOf(first!)).to.deep.equal(both);
        expect(outerLog.types).to.include("bound").and.include("proved");
        expect(innerLog.types).to.include("bound").and.include("proved");
      });

      it("does not take the other's key, proof or challenge", async () => {
        const [first, second] = await nested();
        const proof = first!.proof!;
        clock.pass(GRACE_SECONDS);
        const cookies = `inner=${first!.cookie("inner")}; inner-proof=${proof}; outer=${first!.cookie("outer")}`;
        const seen = await second!.send("/", {}, cookies);
        expect(await seen.json()).to.deep.equal([
          { isDeviceBound: false },
          { isDeviceBound: false },
        ]);
        const { refresh_url: path, session_identifier: foreign } = second!.instructions!;
        const wrong = await first!.send(
          path,
          refreshHeaders(foreign),
          `inner=${first!.cookie("outer")}`,
        );
        expect(await wrong.json()).to.deep.equal({ continue: false });
      });
    });
  });
}
