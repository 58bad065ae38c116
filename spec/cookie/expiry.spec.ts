import { expect } from "chai";
import { Clock } from "../support/clock.js";
import { watchCrypto } from "../support/crypto-calls.js";
import { sealIndependently } from "../support/independent-decoder.js";
import {
  keyOf,
  open,
  scopeOf,
  seal,
  SEALED_STORES,
  type SealedStore,
} from "../support/sealed-stores.js";

const HOUR = 3600;
const DAY = 24 * HOUR;
/** The accepted difference between the clocks of two servers. */
const CLOCK_SKEW_SECONDS = 60;

for (const { name, aName, create } of SEALED_STORES) {
  describe(`The timestamps in the value of ${aName} store`, () => {
    const scope = scopeOf({ absoluteTimeout: 30 * DAY });
    let clock: Clock;
    let store: SealedStore;

    beforeEach(async () => {
      clock = new Clock();
      store = create([await keyOf(1)]);
    });

    afterEach(() => clock.restore());

    async function openWith(times: { created: number; expires: number }): Promise<unknown> {
      const found = await open(store, await seal(store, "{}", scope, times), scope);
      return typeof found === "string" ? found : "alive";
    }

    // Max-Age binds only an honest browser. A thief of the cookie ignores it (CVE-2024-31999 in
    // @fastify/secure-session).
    it("end the session in the second of its expiry", async () => {
      const value = await seal(store, "{}", scope, { expires: clock.now + HOUR });
      clock.pass(HOUR - 1);
      expect(await open(store, value, scope)).to.include({ expires: clock.now + 1 });
      clock.pass(1);
      expect(await open(store, value, scope)).to.equal("expired");
      clock.pass(10 * 365 * DAY);
      expect(await open(store, value, scope)).to.equal("expired");
    });

    it("end the session when the absolute timeout has passed since its creation", async () => {
      const times = { created: clock.now - 30 * DAY + 1, expires: clock.now + HOUR };
      const value = await seal(store, "{}", scope, times);
      expect(await open(store, value, scope)).to.include(times);
      clock.pass(1);
      expect(await open(store, value, scope)).to.equal("expired");
    });

    it("end the session at once if the app has shortened the absolute timeout", async () => {
      const value = await seal(store, "{}", scope, {
        created: clock.now - 2 * DAY,
        expires: clock.now + 1,
      });
      expect(await open(store, value, scopeOf({ absoluteTimeout: 2 * DAY }))).to.equal("expired");
    });

    it("can be at most one minute ahead of the server's clock", async () => {
      const { now } = clock;
      expect(await openWith({ created: now + CLOCK_SKEW_SECONDS, expires: now + HOUR })).to.equal(
        "alive",
      );
      expect(
        await openWith({ created: now + CLOCK_SKEW_SECONDS + 1, expires: now + HOUR }),
      ).to.equal("expired");
    });

    it("cannot set an expiry beyond the absolute timeout", async () => {
      const { now } = clock;
      const expires = now + 30 * DAY + CLOCK_SKEW_SECONDS;
      expect(await openWith({ created: now, expires })).to.equal("alive");
      expect(await openWith({ created: now, expires: expires + 1 })).to.equal("expired");
    });

    it("are part of the opened session", async () => {
      const times = { created: clock.now - DAY, expires: clock.now + DAY };
      const value = await seal(store, "{}", scope, times);
      expect(await open(store, value, scope)).to.include(times);
    });

    if (name === "encrypted") {
      it("are checked before any key is derived", async () => {
        const key = Buffer.alloc(32, 1);
        const { now } = clock;
        await seal(store, "{}", scope); // creates the key ring
        const calls = watchCrypto();
        for (const [created, expires] of [
          [now - DAY, now - HOUR],
          [now - DAY, now],
          [now, 0xffffffff],
          [now, now + 31 * DAY],
          [now + DAY, now + 2 * DAY],
          [now - 31 * DAY, now + HOUR],
          [0, 0],
          [0xffffffff, 0xffffffff],
        ] as const) {
          const genuine = { kind: name, key, cookieName: "session", created, expires, text: "{}" };
          const value = sealIndependently({ ...genuine, nonce: Buffer.alloc(12) });
          calls.reset();
          expect(await open(store, value, scope)).to.equal("expired");
          expect(calls.macs + calls.ciphers).to.equal(0);
        }
        calls.restore();
      });

      it("select a subkey by the hour of the expiry", async () => {
        const key = Buffer.alloc(32, 1);
        const hour = (Math.floor(clock.now / HOUR) + 2) * HOUR;
        const nonce = Buffer.alloc(12);
        const sealed = {
          kind: name,
          key,
          cookieName: "session",
          created: clock.now,
          text: "{}",
          nonce,
        };
        for (const [expires, sealedFor, answer] of [
          [hour, hour + HOUR - 1, "alive"],
          [hour + HOUR - 1, hour, "alive"],
          [hour + HOUR, hour + HOUR - 1, "tampered"],
          [hour + HOUR - 1, hour + HOUR, "tampered"],
        ] as const) {
          const value = sealIndependently({ ...sealed, expires, subkeyExpires: sealedFor });
          const found = await open(store, value, scope);
          expect(typeof found === "string" ? found : "alive").to.equal(answer);
        }
      });
    }
  });
}
