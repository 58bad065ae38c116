import { expect } from "chai";
import { createClient } from "redis";
import {
  EncryptedCookieStore,
  RedisSessionStore,
  SignedCookieStore,
  UnsafeMemoryStore,
  UnsignedCookieStore,
  type Session,
  type SessionStore,
} from "../../lib/index.js";
import { cryptoEngine } from "../../lib/platform/crypto.js";
import { NodeCryptoEngine } from "../../lib/platform/node-crypto-engine.js";
import { Clock } from "../support/clock.js";
import { RedisMonitor } from "../support/redis-monitor.js";
import { RedisServer } from "../support/redis-server.js";
import { CostlyVisitor, type RequestCost } from "../support/request-cost.js";

// Numbers that have changed are no failure in themselves, but somebody should have meant
// it: one more trip through the crypto or one more stringify is what a request takes, and
// no timed test would tell.

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

const onNode = (await cryptoEngine()) instanceof NodeCryptoEngine;
const key = await SignedCookieStore.generateKey();

const COSTS: Record<string, Expected> = {
  "a signed cookie": {
    store: () => new SignedCookieStore([key]),
    read: {
      crypto: onNode ? ["createHmac 1", "timingSafeEqual 1"] : ["subtle.sign 1"],
      ...{ stringify: 1, parse: 1, promises: 0 },
    },
    write: {
      crypto: onNode ? ["createHmac 2", "timingSafeEqual 1"] : ["subtle.sign 2"],
      ...{ stringify: 1, parse: 1, promises: 0 },
    },
  },
  "an encrypted cookie": {
    store: () => new EncryptedCookieStore([key]),
    read: {
      crypto: onNode ? ["createDecipheriv 1"] : ["subtle.decrypt 1"],
      ...{ stringify: 1, parse: 1, promises: 0 },
    },
    write: {
      crypto: onNode
        ? ["createCipheriv 1", "createDecipheriv 1"]
        : ["subtle.encrypt 1", "subtle.decrypt 1"],
      ...{ stringify: 1, parse: 1, promises: 0 },
    },
  },
  "an unsigned cookie": {
    store: () => new UnsignedCookieStore(),
    read: { crypto: [], stringify: 1, parse: 1, promises: 0 },
    write: { crypto: [], stringify: 1, parse: 1, promises: 0 },
  },
  "a record in memory": {
    store: () => new UnsafeMemoryStore(),
    read: {
      crypto: onNode ? ["hash 1"] : ["subtle.digest 1"],
      ...{ stringify: 1, parse: 1, promises: 0 },
    },
    write: {
      crypto: onNode ? ["hash 1"] : ["subtle.digest 1"],
      ...{ stringify: 1, parse: 1, promises: 0 },
    },
  },
};

/** How many promises Web Crypto makes is Node's affair, and changes with its versions. */
function comparable(cost: RequestCost): RequestCost {
  return onNode || cost.crypto.length === 0 ? cost : { ...cost, promises: 0 };
}

describe("The cost of a request", () => {
  let clock: Clock;

  // No renewal falls due, and no hour ends in which subkeys are kept.
  beforeEach(() => {
    clock = new Clock();
  });
  afterEach(() => clock.restore());

  for (const [title, { store, ...expected }] of Object.entries(COSTS)) {
    describe(`with ${title}`, () => {
      let visitor: CostlyVisitor;

      beforeEach(async () => {
        visitor = new CostlyVisitor(store());
        // The first request of a store and of a process prepares what the others use.
        await visitor.visit(handlers.untouched);
      });

      it("is nothing for a visitor without a session whom nobody asks", async () => {
        const cost = await visitor.visit(handlers.untouched);
        expect(cost).to.deep.equal({ crypto: [], stringify: 0, parse: 0, promises: 0 });
      });

      it("is one look for changes for a visitor without a session", async () => {
        const cost = await visitor.visit(handlers.read);
        expect(cost).to.deep.equal({ crypto: [], stringify: 1, parse: 0, promises: 0 });
      });

      it("is no stringify when the session is not looked at", async () => {
        await visitor.visit(handlers.write);
        const cost = await visitor.visit(handlers.untouched);
        expect(comparable(cost)).to.deep.equal(comparable({ ...expected.read, stringify: 0 }));
      });

      for (const access of ["read", "write"] as const) {
        it(`is the same for every ${access}`, async () => {
          await visitor.visit(handlers.write);
          for (let count = 0; count < 3; count++) {
            const cost = await visitor.visit(handlers[access]);
            expect(comparable(cost)).to.deep.equal(comparable(expected[access]));
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

  it("does not grow with the data, but for the bytes", async () => {
    for (const { store } of Object.values(COSTS)) {
      const small = new CostlyVisitor(store());
      const large = new CostlyVisitor(store());
      await small.visit(handlers.write);
      await large.visit(({ data }) => {
        data.visits = 0;
        data.items = Array.from({ length: 40 }, (_, count) => ({ sku: `B-${count}`, count }));
      });
      for (const handler of [handlers.read, handlers.write]) {
        expect(comparable(await large.visit(handler))).to.deep.equal(
          comparable(await small.visit(handler)),
        );
      }
    }
  });

  it("in Redis is one command for a read, and two for a write", async () => {
    const redis = await RedisServer.start();
    const monitor = await RedisMonitor.on(redis);
    const store = new RedisSessionStore({ getClient: () => createClient({ url: redis.url }) });
    try {
      const visitor = new CostlyVisitor(store);
      const commandsOf = async (handler: (session: Session) => unknown) =>
        (await monitor.during(() => visitor.visit(handler))).map(([command]) => command);
      expect(await commandsOf(handlers.read)).to.deep.equal([]);
      expect(await commandsOf(handlers.write)).to.deep.equal(["SET"]);
      await visitor.visit(handlers.write); // the server learns the script
      expect(await commandsOf(handlers.untouched)).to.deep.equal(["GET"]);
      expect(await commandsOf(handlers.read)).to.deep.equal(["GET"]);
      expect(await commandsOf(handlers.write)).to.deep.equal(["GET", "EVALSHA"]);
    } finally {
      await store.close();
      monitor.close();
      await redis.stop();
    }
  });
});
