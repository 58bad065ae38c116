import { expect } from "chai";
import { createClient } from "redis";
import {
  DeviceBinding,
  EncryptedCookieStore,
  RedisSessionStore,
  SignedCookieStore,
  UnsafeMemoryStore,
  UnsignedCookieStore,
  type Session,
  type SessionStore,
} from "../../lib/index.js";
import { preferredEngine } from "../../lib/platform/crypto.js";
import { Clock } from "../support/clock.js";
import { closesAfterEach } from "../support/close-after-each.js";
import { PATIENT } from "../support/patient.js";
import { RedisMonitor } from "../support/redis-monitor.js";
import { RedisServer } from "../support/redis-server.js";
import { CostlyVisitor, type RequestCost } from "../support/request-cost.js";

// A changed number is not necessarily a mistake, but the change must be intended. No timed test
// would notice one more call of the cryptography or of JSON.stringify.

const handlers = {
  untouched: () => {},
  read: ({ data }: Session) => data.visits,
  write: ({ data }: Session) => (data.visits = (data.visits ?? 0) + 1),
};

interface Expected {
  store(): SessionStore;
  read: RequestCost;
  write: RequestCost;
}

const onNode = preferredEngine() !== null;
const key = await SignedCookieStore.generateKey();

const COSTS: Record<string, Expected> = {
  "a signed cookie": {
    store: () => new SignedCookieStore([key]),
    read: {
      crypto: onNode ? ["createHmac 1", "timingSafeEqual 1"] : ["subtle.sign 1"],
      stringify: 1,
      parse: 1,
    },
    write: {
      crypto: onNode ? ["createHmac 2", "timingSafeEqual 1"] : ["subtle.sign 2"],
      stringify: 1,
      parse: 1,
    },
  },
  "an encrypted cookie": {
    store: () => new EncryptedCookieStore([key]),
    read: {
      crypto: onNode ? ["createDecipheriv 1"] : ["subtle.decrypt 1"],
      stringify: 1,
      parse: 1,
    },
    write: {
      crypto: onNode
        ? ["createCipheriv 1", "createDecipheriv 1"]
        : ["subtle.encrypt 1", "subtle.decrypt 1"],
      stringify: 1,
      parse: 1,
    },
  },
  "an unsigned cookie": {
    store: () => new UnsignedCookieStore(),
    read: { crypto: [], stringify: 1, parse: 1 },
    write: { crypto: [], stringify: 1, parse: 1 },
  },
  "a record in memory": {
    store: () => new UnsafeMemoryStore(),
    read: {
      crypto: onNode ? ["hash 1"] : ["subtle.digest 1"],
      stringify: 1,
      parse: 1,
    },
    write: {
      crypto: onNode ? ["hash 1"] : ["subtle.digest 1"],
      stringify: 1,
      parse: 1,
    },
  },
};

describe("The cost of a request", () => {
  let clock: Clock;

  // The clock is stopped, so that no renewal is due and no hour ends: subkeys change every hour.
  beforeEach(() => {
    clock = new Clock();
  });
  afterEach(() => clock.restore());
  const closeAfter = closesAfterEach();

  for (const [title, { store, ...expected }] of Object.entries(COSTS)) {
    describe(`with ${title}`, () => {
      let visitor: CostlyVisitor;

      beforeEach(async () => {
        visitor = new CostlyVisitor(store());
        // The first request of a store and of a process prepares values that later requests reuse.
        await visitor.visit(handlers.untouched);
      });

      it("is zero if the visitor has no session and the handler does not read it", async () => {
        const cost = await visitor.visit(handlers.untouched);
        expect(cost).to.deep.equal({ crypto: [], stringify: 0, parse: 0 });
      });

      it("is one stringify if the visitor has no session and the handler reads it", async () => {
        const cost = await visitor.visit(handlers.read);
        expect(cost).to.deep.equal({ crypto: [], stringify: 1, parse: 0 });
      });

      it("includes no stringify if the handler does not read the session", async () => {
        await visitor.visit(handlers.write);
        const cost = await visitor.visit(handlers.untouched);
        expect(cost).to.deep.equal({ ...expected.read, stringify: 0 });
      });

      for (const access of ["read", "write"] as const) {
        it(`is the same for every ${access}`, async () => {
          await visitor.visit(handlers.write);
          for (let count = 0; count < 3; count++) {
            const cost = await visitor.visit(handlers[access]);
            expect(cost).to.deep.equal(expected[access]);
          }
        });
      }
    });
  }

  it("does not grow with the key ring", async () => {
    const others = await Promise.all(Array.from({ length: 15 }, SignedCookieStore.generateKey));
    for (const Store of [SignedCookieStore, EncryptedCookieStore]) {
      const small = new CostlyVisitor(new Store([key]));
      const large = new CostlyVisitor(new Store([key, ...others]));
      for (const visitor of [small, large]) await visitor.visit(handlers.write);
      const cost = await small.visit(handlers.read);
      expect(cost.crypto).to.have.length.above(0);
      expect(await large.visit(handlers.read)).to.deep.equal(cost);
    }
  });

  it("is the same number of calls for small and large data", async () => {
    for (const { store } of Object.values(COSTS)) {
      const small = new CostlyVisitor(store());
      const large = new CostlyVisitor(store());
      await small.visit(handlers.write);
      await large.visit(({ data }) => {
        data.visits = 0;
        data.items = Array.from({ length: 40 }, (_, count) => ({ sku: `B-${count}`, count }));
      });
      for (const handler of [handlers.read, handlers.write]) {
        expect(await large.visit(handler)).to.deep.equal(await small.visit(handler));
      }
    }
  });

  describe("where sessions are bound to devices", () => {
    const deviceBinding = new DeviceBinding();
    const store = () => new UnsafeMemoryStore();
    const { read, write } = COSTS["a record in memory"]!;
    const begin = (its: Session) => {
      void its.regenerate();
      its.data.visits = 0;
    };

    it("is the same as elsewhere if the session is not bound", async () => {
      const visitor = new CostlyVisitor(store(), { deviceBinding });
      expect(await visitor.visit(handlers.untouched)).to.deep.include({ crypto: [] });
      for (const handler of [handlers.write, begin]) {
        await visitor.visit(handler);
        expect(await visitor.visit(handlers.read)).to.deep.equal(read);
        expect(await visitor.visit(handlers.write)).to.deep.equal(write);
      }
    });

    it("is one HMAC more if it is, which checks the proof", async () => {
      const visitor = new CostlyVisitor(store(), { deviceBinding });
      await visitor.visit(begin);
      await visitor.bind();
      clock.pass(11); // after ten seconds, a request needs the proof
      const hmac = onNode
        ? ["createSecretKey 1", "createHmac 1", "timingSafeEqual 1"]
        : ["subtle.importKey 1", "subtle.sign 1"];
      for (const access of ["read", "write"] as const) {
        const { crypto, ...others } = await visitor.visit(handlers[access]);
        const { crypto: unbound, ...sameOthers } = access === "read" ? read : write;
        expect(crypto).to.have.members([...hmac, ...unbound]);
        expect(others).to.deep.equal(sameOthers);
      }
    });

    it("is no Redis command more, and a renewal of the proof only reads", async () => {
      const redis = closeAfter(await RedisServer.start());
      const monitor = closeAfter(await RedisMonitor.on(redis));
      const redisStore = closeAfter(
        new RedisSessionStore({
          timeout: PATIENT,
          getClient: () => createClient({ url: redis.url }),
        }),
      );
      const visitor = new CostlyVisitor(redisStore, { deviceBinding });
      const commandsOf = async (act: () => Promise<unknown>) =>
        (await monitor.during(act)).map(([command]) => command);
      await visitor.visit(handlers.write);
      await visitor.visit(handlers.write); // this loads the script into the server
      await visitor.visit(begin);
      const { ask, renew } = await visitor.bind();
      clock.pass(11);
      expect(await commandsOf(() => visitor.visit(handlers.read))).to.deep.equal(["GET"]);
      expect(await commandsOf(() => visitor.visit(handlers.write))).to.deep.equal(["GET", "EVAL"]);
      expect(await commandsOf(ask)).to.deep.equal(["GET"]);
      expect(await commandsOf(renew)).to.deep.equal(["GET"]);
    });
  });

  it("is one Redis command for a read and two for a write", async () => {
    const redis = closeAfter(await RedisServer.start());
    const monitor = closeAfter(await RedisMonitor.on(redis));
    const store = closeAfter(
      new RedisSessionStore({
        timeout: PATIENT,
        getClient: () => createClient({ url: redis.url }),
      }),
    );
    const visitor = new CostlyVisitor(store);
    const commandsOf = async (handler: (session: Session) => unknown) =>
      (await monitor.during(() => visitor.visit(handler))).map(([command]) => command);
    expect(await commandsOf(handlers.read)).to.deep.equal([]);
    expect(await commandsOf(handlers.write)).to.deep.equal(["SET"]);
    await visitor.visit(handlers.write); // this loads the script into the server
    expect(await commandsOf(handlers.untouched)).to.deep.equal(["GET"]);
    expect(await commandsOf(handlers.read)).to.deep.equal(["GET"]);
    expect(await commandsOf(handlers.write)).to.deep.equal(["GET", "EVAL"]);
  });
});
