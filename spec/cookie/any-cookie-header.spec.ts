import { expect } from "chai";
import fc from "fast-check";
import { UnsignedCookieStore } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { runs } from "../support/runs.js";
import { keyOf, SEALED_STORES } from "../support/sealed-stores.js";

/** A Cookie header can carry every byte except NUL, CR and LF. */
const byte = fc
  .integer({ min: 1, max: 255 })
  .filter((code) => code !== 10 && code !== 13)
  .map((code) => String.fromCharCode(code));
const piece = fc.constantFrom("session=", "; ", "%", "%E2", "%00", '"', "\\", "__proto__=", "=");
const header = fc.oneof(
  fc.string({ unit: byte }),
  fc.string({ unit: byte }).map((value) => `session=${value}`),
  fc.string({ unit: fc.oneof(byte, piece) }).map((value) => `a=1; session=${value}`),
);

const STORES = [
  ...SEALED_STORES.map(({ aName, create }) => ({
    aName,
    create: async () => create([await keyOf(1)]),
  })),
  { aName: "an unsigned", create: async () => new UnsignedCookieStore() },
];

for (const { aName, create } of STORES) {
  it(`Any random Cookie header gives a fresh session with ${aName} store`, async function () {
    this.timeout(60_000);
    const visits = app(
      { store: await create(), defaultSessionData: { visits: 0 } },
      { "/": (ctx) => ++ctx.session.data["visits"] },
    );
    await fc.assert(
      fc.asyncProperty(header, async (cookie) => {
        const response = await new Browser(visits).get("/", { cookie });
        expect(response.status).to.equal(200);
        expect(await response.json()).to.equal(1);
        expect(visits.errors).to.deep.equal([]);
      }),
      { numRuns: runs(1000) },
    );
  });
}
