import { expect } from "chai";
import sinon from "sinon";
import { EncryptedCookieStore, SignedCookieStore } from "../../lib/index.js";
import { encodePieces } from "../../lib/cookie/keys/pae.js";
import { preferredEngine } from "../../lib/platform/crypto.js";
import {
  keyIdOf,
  openIndependently,
  preAuthEncode,
  purposeOf,
  sealIndependently,
  subkeyOf,
} from "../support/independent-decoder.js";
import { open, scopeOf, seal, SEALED_STORES } from "../support/sealed-stores.js";
import { VECTORS, type Vector } from "../support/vectors.js";

const { absoluteTimeout, keys, secrets, vectors } = VECTORS;

describe("The test vectors", () => {
  let ring: CryptoKey[];

  before(async () => {
    ring = await SignedCookieStore.generateKeysFromBase64(keys.map(({ base64 }) => base64));
  });

  afterEach(() => sinon.restore());

  for (const vector of vectors) {
    const { title, kind, cookieName, created, expires, text, value } = vector;
    const { create } = SEALED_STORES.find(({ name }) => name === kind)!;
    const scope = scopeOf({ cookieName, absoluteTimeout });

    describe(`include "${kind}, ${title}", which`, () => {
      it("opens", async () => {
        const session = await open(create(ring), value, scope);
        const outdated = vector.key !== 0;
        const data: unknown = JSON.parse(text);
        const lifetime = undefined;
        expect(session).to.deep.include({
          value,
          data,
          text,
          created,
          expires,
          lifetime,
          outdated,
        });
      });

      it("gets the same characters when it is sealed again", async () => {
        if (vector.nonce) stubNonce(vector.nonce);
        const store = create([ring[vector.key]!]);
        expect(await seal(store, text, scope, { created, expires })).to.equal(value);
      });

      it("is opened and sealed by the independent implementation", () => {
        const key = keyBytes(vector);
        expect(openIndependently(value, { key, cookieName })).to.deep.equal({
          kind,
          created,
          expires,
          text,
        });
        const nonce = vector.nonce ? Buffer.from(vector.nonce, "hex") : undefined;
        const again = { kind, key, cookieName, created, expires, text, ...(nonce && { nonce }) };
        expect(sealIndependently(again)).to.equal(value);
      });

      it("has the stated purpose and subkey", () => {
        const purpose = purposeOf(kind, cookieName, expires);
        expect(purpose.toString("hex")).to.equal(vector.purpose);
        const subkey = subkeyOf(keyBytes(vector), kind, cookieName, expires);
        expect(subkey.toString("hex")).to.equal(vector.subkey);
        const period = kind === "signed" ? 0 : Math.floor(expires / 3600);
        const pieces = ["@hattip/session", kind, "1", cookieName, String(period)];
        expect(hex(encodePieces(...pieces))).to.equal(vector.purpose);
        expect(hex(preAuthEncode(pieces))).to.equal(vector.purpose);
      });

      it("contains the ID of its key", () => {
        const { id } = keys[vector.key]!;
        expect(keyIdOf(keyBytes(vector)).toString("hex")).to.equal(id);
        expect(Buffer.from(value, "base64url").toString("hex", 1, 5)).to.equal(id);
      });
    });
  }

  it("are rejected by the other store and under another cookie name", async () => {
    for (const { kind, cookieName, value } of vectors) {
      const other = kind === "signed" ? EncryptedCookieStore : SignedCookieStore;
      const scope = scopeOf({ cookieName, absoluteTimeout });
      expect(await open(new other(ring), value, scope)).to.equal("other-store");
      const { create } = SEALED_STORES.find(({ name }) => name === kind)!;
      const elsewhere = scopeOf({ cookieName: `${cookieName}2`, absoluteTimeout });
      expect(await open(create(ring), value, elsewhere)).to.equal("tampered");
    }
  });

  for (const { secret, base64 } of secrets) {
    it(`include the key of the secret ${secret}`, async () => {
      const [key] = await SignedCookieStore.generateKeysFromSecrets([secret]);
      const raw = await crypto.subtle.exportKey("raw", key!);
      expect(Buffer.from(raw).toString("base64")).to.equal(base64);
    });
  }
});

function keyBytes({ key }: Vector): Buffer {
  return Buffer.from(keys[key]!.base64, "base64");
}

/** Makes the crypto engine, or Web Crypto where there is none, draw this nonce. */
function stubNonce(nonce: string): void {
  const bytes = Uint8Array.from(Buffer.from(nonce, "hex"));
  const engine = preferredEngine();
  if (engine) {
    sinon.stub(engine, "randomBytes").withArgs(bytes.length).returns(bytes);
  } else {
    sinon.stub(crypto, "getRandomValues").withArgs(new Uint8Array(bytes.length)).returns(bytes);
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
