import { expect } from "chai";
import { SessionError, type Session } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Deferred } from "../support/deferred.js";
import { stores } from "../support/middleware-stores.js";

for (const [name, create] of Object.entries(stores)) {
  describe(`With ${name}, a stream that still runs when its response has left`, () => {
    let browser: Browser;
    let headers: Headers;
    /** What the handler does before it returns the stream. */
    let before: (session: Session) => unknown;

    beforeEach(async () => {
      before = () => {};
    });

    /** Sends a request, and does `work` in the stream once the response has left. */
    async function inStream(work: (session: Session) => unknown): Promise<unknown> {
      const gate = new Deferred();
      const site = app(
        { store, defaultSessionData: () => ({}) },
        {
          "/begin": ({ session }) => {
            session.data = { user: "ada", list: [3, 1, 2], address: { city: "London" } };
          },
          "/": ({ session }) => session.data,
          "/stream": async ({ session }) => {
            await before(session);
            const stream = new ReadableStream({
              async pull(controller) {
                await gate.promise;
                const seen = JSON.stringify(await work(session));
                controller.enqueue(new TextEncoder().encode(seen ?? "null"));
                controller.close();
              },
            });
            return new Response(stream, { headers: { "cache-control": "public" } });
          },
        },
      );
      browser = new Browser(site);
      await browser.get("/begin");
      const response = await browser.get("/stream");
      ({ headers } = response);
      gate.resolve();
      return response.json();
    }
    const store = create();

    const errorOf = async (work: (session: Session) => unknown): Promise<SessionError> =>
      inStream(work).then(
        () => expect.fail("The stream did not fail."),
        (error: unknown) => error as SessionError,
      );

    const looks: Record<string, (session: Session) => unknown> = {
      data: (session) => session.data,
      isFresh: (session) => session.isFresh,
      lifetime: (session) => session.lifetime,
    };
    for (const [property, look] of Object.entries(looks)) {
      it(`cannot be the first to look at the session: ${property}`, async () => {
        const error = await errorOf(look);
        expect(error).to.be.an.instanceOf(SessionError);
        expect(error.code).to.equal("ERR_SESSION_RESPONSE");
        expect(error.message)
          .to.match(/session/)
          .and.match(/before .*return.* stream/);
        // The page depends on no session, so that caches may keep it.
        expect(headers.get("vary")).to.equal(null);
        expect(headers.get("cache-control")).to.equal("public");
      });
    }

    describe("of a handler that has looked at the session", () => {
      beforeEach(() => {
        before = (session) => void session.data;
      });

      const readings: Record<string, [(session: Session) => unknown, unknown]> = {
        "a key": [({ data }) => data.user, "ada"],
        "a nested key": [({ data }) => data.address.city, "London"],
        "JSON.stringify": [
          ({ data }) => JSON.stringify(data),
          '{"user":"ada","list":[3,1,2],"address":{"city":"London"}}',
        ],
        "the iteration of an array": [
          ({ data }) => {
            const items = [];
            for (const item of data.list) items.push(item);
            return items;
          },
          [3, 1, 2],
        ],
        "map() and spread": [
          ({ data }) => [...data.list.map((item: number) => item * 2), ...Object.keys({ ...data })],
          [6, 2, 4, "user", "list", "address"],
        ],
        "filter() and at()": [
          ({ data }) => [data.list.filter((n: number) => n > 1), data.list.at(-1)],
          [[3, 2], 2],
        ],
        "Array.isArray, in and length": [
          ({ data }) => [Array.isArray(data.list), "user" in data, data.list.length],
          [true, true, 3],
        ],
        "Object.entries": [({ data }) => Object.entries(data.address), [["city", "London"]]],
        "isFresh and lifetime": [({ isFresh, lifetime }) => [isFresh, lifetime ?? 0], [false, 0]],
      };
      for (const [reading, [read, expected]] of Object.entries(readings)) {
        it(`can still read it: ${reading}`, async () => {
          expect(await inStream(read)).to.deep.equal(expected);
          expect(headers.get("vary")).to.equal("Cookie");
        });
      }

      const changes: Record<string, (session: Session) => unknown> = {
        "a key": ({ data }) => (data.user = "eve"),
        "a new key": ({ data }) => (data.more = true),
        "a key, deleted": ({ data }) => delete data.user,
        "a key, defined": ({ data }) => Object.defineProperty(data, "user", { value: "eve" }),
        "a nested key": ({ data }) => (data.address.city = "Paris"),
        "a nested key, new": ({ data }) => (data.address.zip = "75001"),
        "a nested key, deleted": ({ data }) => delete data.address.city,
        "several keys": ({ data }) => Object.assign(data, { user: "eve" }),
        "push()": ({ data }) => data.list.push(4),
        "splice()": ({ data }) => data.list.splice(0, 1),
        "an item": ({ data }) => (data.list[0] = 4),
        length: ({ data }) => (data.list.length = 0),
        "the data, replaced": (session) => (session.data = {}),
        "the lifetime": (session) => (session.lifetime = "browser"),
      };
      for (const [change, run] of Object.entries(changes)) {
        it(`cannot change it, and learns when to make the change: ${change}`, async () => {
          const error = await errorOf(run);
          expect(error).to.be.an.instanceOf(SessionError);
          expect(error.code).to.equal("ERR_SESSION_RESPONSE");
          expect(error.message)
            .to.match(/session/)
            .and.match(/before .*return/);
          expect(await (await browser.get("/")).json()).to.deep.equal({
            user: "ada",
            list: [3, 1, 2],
            address: { city: "London" },
          });
        });
      }

      it("sees the changes that its handler has made", async () => {
        before = ({ data }) => void (data.address.city = "Paris");
        expect(await inStream(({ data }) => data.address.city)).to.equal("Paris");
      });
    });
  });
}
