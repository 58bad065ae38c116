import { expect } from "chai";
import { randomBytes } from "node:crypto";
import { preferredEngine } from "../../lib/platform/crypto.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { expectUsageError } from "../support/expect-usage-error.js";
import { keyOf, open, seal, SEALED_STORES } from "../support/sealed-stores.js";

const TEXT = '{"user":1}';
const isOnWebCrypto = preferredEngine() === null;

for (const { aName, create } of SEALED_STORES) {
  describe(`The keys of ${aName} store as text`, () => {
    const bytes = Buffer.alloc(32, 0xfb);
    const [base64, base64url] = [bytes.toString("base64"), bytes.toString("base64url")];

    for (const [title, text] of Object.entries({
      base64,
      "base64 without padding": base64.replace("=", ""),
      base64url,
      "base64url with padding": `${base64url}=`,
    })) {
      it(`can be ${title}: the same key as the CryptoKey of these bytes`, async () => {
        const [store, other] = [create([text]), create([await keyOf(0xfb)])];
        expect(await open(other, await seal(store, TEXT))).to.include({ text: TEXT });
        expect(await open(store, await seal(other, TEXT))).to.include({ text: TEXT });
      });
    }

    it("can be mixed with CryptoKeys, and the first one seals", async () => {
      const newKey = randomBytes(32).toString("base64url");
      const store = create([newKey, await keyOf(1)]);
      const old = create([await keyOf(1)]);
      expect(await open(store, await seal(old, TEXT))).to.include({ text: TEXT, outdated: true });
      expect(await open(create([newKey]), await seal(store, TEXT))).to.include({ outdated: false });
    });

    for (const [title, keys] of Object.entries({
      "a promise": Promise.resolve([base64url]),
      "a function of ctx": () => [base64url],
      "an asynchronous function of ctx": async () => [base64url],
    })) {
      it(`can come from ${title}`, async () => {
        const value = await seal(create(keys), TEXT);
        expect(await open(create([base64url]), value)).to.include({ text: TEXT });
      });
    }

    for (const [what, keys] of Object.entries({
      "an environment variable that is not set": [undefined],
      "an environment variable that is empty": [""],
      // oxlint-disable-next-line no-sparse-arrays
      "a hole in the array": [, base64url],
    })) {
      it(`must not be ${what}: the error begins with that`, () => {
        const { message } = thrownBy(() => create(keys as string[]));
        expect(message).to.match(/^A key is undefined or empty. Is the environment variable set\?/);
        expect(message).to.include("node -p");
      });
    }

    const unfit: Record<string, unknown> = {
      "a password": "correct horse battery staple",
      "a key of 31 bytes": Buffer.alloc(31, 1).toString("base64url"),
      "a key of 33 bytes": Buffer.alloc(33, 1).toString("base64url"),
      "a key in hexadecimal": bytes.toString("hex"),
      "a key with a line break": `${base64url}\n`,
      "a key with a character of neither alphabet": `${base64url.slice(0, -1)}!`,
    };
    for (const [title, text] of Object.entries(unfit)) {
      it(`must not be ${title}: the error says what is, and does not quote the text`, async () => {
        const keys = [await keyOf(1), text] as string[];
        const { message } = thrownBy(() => create(keys));
        expect(message).to.include("32 random bytes in base64");
        expect(message).to.include("node -p \"crypto.randomBytes(32).toString('base64url')\"");
        expect(message).to.include("SignedCookieStore.generateKeysFromSecrets()");
        if (text) expect(message).to.not.include((text as string).trim());
      });
    }

    it("must not be one text in place of an array", () => {
      const { message } = thrownBy(() => create(base64url as never));
      expect(message).to.include("an array of at least one key").and.not.include(base64url);
    });

    it("cause ERR_SESSION_USAGE if a function returns an unfit one", async () => {
      const site = app({ store: create(() => [undefined as never]) }, { "/": countVisit });
      expect((await new Browser(site).get("/")).status).to.equal(500);
      expectUsageError(site.errors[0], "32 random bytes in base64");
    });

    // With Web Crypto, the ID of a key is known only later.
    if (!isOnWebCrypto) {
      it("must not be twice the same key, in whatever form", async () => {
        for (const other of [base64, base64url, await keyOf(0xfb)]) {
          expect(thrownBy(() => create([base64url, other])).message).to.include("same key twice");
        }
      });
    }
  });
}

function countVisit({ session }: { session: { data: { visits?: number } } }): number {
  return (session.data.visits = (session.data.visits ?? 0) + 1);
}

function thrownBy(make: () => unknown): Error {
  try {
    make();
  } catch (error) {
    expect(error).to.be.instanceOf(TypeError);
    return error as Error;
  }
  throw new Error("The store accepted the keys");
}
