import { expect } from "chai";
import { RedisServer } from "../support/redis-server.js";
import { inFile, Switch } from "./keep-logged-in.js";
import type { PageApp } from "./page-app.js";
import { Visitor } from "./visitor.js";

/**
 * The cookies of each old library. The new app's cookie is `session` everywhere. Only records in
 * Redis can end before the cookie does.
 */
const PAGES = [
  { path: "docs/coming-from-0.0.49.md", old: ["session"] },
  { path: "docs/coming-from-cookie-session.md", old: ["session", "session.sig"] },
  { path: "docs/coming-from-express-session.md", old: ["connect.sid"], hasRecords: true },
  { path: "docs/coming-from-iron-session.md", old: ["my-app"] },
  { path: "docs/coming-from-react-router.md", old: ["__session"] },
];
const ADA = "Hello, Ada: visit 1";
const GUEST = "Hello, guest: visit 1";

describe("The recipe that keeps people logged in", function () {
  this.timeout(60_000);
  let redis: RedisServer;
  before(async () => (redis = await RedisServer.start()));
  after(() => redis.stop());

  for (const { path, old, hasRecords = false } of PAGES) {
    describe(`(${path})`, () => {
      let change: Switch;
      let guest: Visitor;
      /** People who have logged in to the old app, which has stopped. Each spec takes one. */
      let people: Visitor[];
      let app: PageApp;
      before(async () => {
        change = new Switch(path, redis.url);
        [guest, people] = await change.visitOld(11);
        app = await change.startNew();
      });
      after(() => app.stop());

      it("keeps a visitor logged in, and copies only what it names", async () => {
        const visitor = people.pop()!;
        const before = visitor.cookies;
        expect(Object.keys(before)).to.have.members(old);

        expect(await visitor.get(app.origin)).to.equal(ADA);
        expect(Object.keys(visitor.cookies)).to.deep.equal(["session"]);
        expect(visitor.cookies.session).not.to.equal(before.session);
        expect(await visitor.get(app.origin)).to.equal("Hello, Ada: visit 2");
      });

      it("lets a visitor log out", async () => {
        const visitor = people.pop()!;
        await visitor.get(app.origin);
        expect(await visitor.post(`${app.origin}/logout`)).to.equal("303");
        expect(visitor.cookies).to.deep.equal({});
        expect(await visitor.get(app.origin)).to.equal(GUEST);
      });

      it("lets a visitor log out in the first request", async () => {
        const visitor = people.pop()!;
        expect(await visitor.post(`${app.origin}/logout`)).to.equal("303");
        expect(visitor.cookies).to.deep.equal({});
        expect(await visitor.get(app.origin)).to.equal(GUEST);
      });

      it("logs in each of several requests at once", async () => {
        const visitor = people.pop()!;
        const answers = await visitor.getAtOnce(app.origin, 5);
        expect(answers).to.deep.equal(Array(5).fill(ADA));
        expect(await visitor.get(app.origin)).to.equal("Hello, Ada: visit 2");
      });

      for (const [what, page] of [
        ["fails", "broken"],
        ["succeeds, if its session cannot be saved", "unsaved"],
      ]) {
        it(`changes nothing in a request that ${what}`, async () => {
          const visitor = people.pop()!;
          const before = visitor.cookies;
          expect(await visitor.get(`${app.origin}/${page}`)).to.equal("500");
          expect(visitor.cookies).to.deep.equal(before);
          expect(await visitor.get(app.origin)).to.equal(ADA);
        });
      }

      it("leaves a guest a guest", async () => {
        expect(await guest.get(`${app.origin}/elsewhere`)).to.equal("302");
        expect(await guest.get(app.origin)).to.equal(GUEST);
        expect(Object.keys(guest.cookies)).to.deep.equal(["session"]);
        expect(await new Visitor().get(app.origin)).to.equal(GUEST);
      });

      it("refuses a cookie with any change", async () => {
        const { cookies } = people.pop()!;
        for (const changed of tampered(cookies)) {
          expect(await new Visitor(changed).get(app.origin), JSON.stringify(changed)).to.equal(
            GUEST,
          );
        }
        expect(await new Visitor(cookies).get(app.origin)).to.equal(ADA);
      });

      if (!old.includes("session")) {
        it("does not log in a session that is there already, and deletes the old cookie", async () => {
          const visitor = new Visitor();
          await visitor.get(app.origin);
          const both = new Visitor({ ...people.pop()!.cookies, ...visitor.cookies });
          expect(await both.get(app.origin)).to.equal("Hello, guest: visit 2");
          expect(Object.keys(both.cookies)).to.deep.equal(["session"]);
        });
      }

      if (!hasRecords) {
        it("accepts a copy of the old cookie after the log-out, as the page says", async () => {
          const visitor = people.pop()!;
          const copy = new Visitor(visitor.cookies);
          await visitor.get(app.origin);
          await visitor.post(`${app.origin}/logout`);
          expect(await copy.get(app.origin)).to.equal(ADA);
        });
      }

      it("is what does it: without it, a visitor must log in again", async () => {
        const without = await change.startNew({
          edit: inFile("after.mjs", "app.use(recipe.keepLoggedIn);", ""),
        });
        try {
          expect(await people.pop()!.get(without.origin)).to.equal(GUEST);
        } finally {
          await without.stop();
        }
      });

      it("does not work back: after a rollback, a visitor must log in again", async () => {
        const visitor = people.pop()!;
        await visitor.get(app.origin);
        const oldApp = await change.startOld();
        try {
          expect(await visitor.get(oldApp.origin)).to.equal(GUEST);
        } finally {
          await oldApp.stop();
        }
      });
    });
  }
});

/** The same cookies with one changed character, at several places of each. */
function tampered(cookies: Record<string, string>): Record<string, string>[] {
  return Object.entries(cookies).flatMap(([name, value]) =>
    [0, 0.1, 0.3, 0.5, 0.7, 0.9].map((place) => {
      const at = Math.floor(place * value.length);
      const character = value[at] === "A" ? "B" : "A";
      return { ...cookies, [name]: value.slice(0, at) + character + value.slice(at + 1) };
    }),
  );
}
