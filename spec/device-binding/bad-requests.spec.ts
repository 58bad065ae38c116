import { expect } from "chai";
import fc from "fast-check";
import { performance } from "node:perf_hooks";
import { DeviceBinding, UnsafeMemoryStore } from "../../lib/index.js";
import type { BindingBrowser } from "../support/binding-browser.js";
import { Clock } from "../support/clock.js";
import { Device, encodePart } from "../support/device.js";
import { expectUsageError } from "../support/expect-usage-error.js";
import { runs, seed } from "../support/runs.js";
import { WatchedMemoryStore } from "../support/watched-memory-store.js";
import {
  BoundSite,
  challengeOf,
  PATH,
  refreshChallenge,
  refreshHeaders,
  send,
  sessionIdOf,
  viewOf,
} from "../support/bound-site.js";

const TYP = "dbsc+jwt";
const REFUSED = { type: "proof-refused" };
/** Far above what any of these requests takes on a busy machine; a slow parser would take minutes. */
const BOUNDED_MS = 5000;

const COMMON = {
  "content-type": "application/json",
  "cache-control": "no-store",
  "cross-origin-resource-policy": "same-origin",
};

describe("A malformed request to the path of the binding", () => {
  let clock: Clock;
  let store: WatchedMemoryStore;
  let site: BoundSite;
  let owner: BindingBrowser;
  let id: string;

  before(async () => {
    clock = new Clock();
    store = new WatchedMemoryStore();
    site = new BoundSite(store);
    owner = await site.owner();
    id = owner.instructions!.session_identifier;
  });
  beforeEach(() => {
    site.log.clear();
    store.calls.length = 0;
  });
  after(async () => {
    expect(await viewOf(owner)).to.deep.equal({ user: "ada", isDeviceBound: true });
    clock.restore();
  });

  /** The answer says nothing, nothing was read, and nobody was told. */
  async function expectBadRequest(headers: Record<string, string>): Promise<void> {
    const beginMs = performance.now();
    const response = await send(owner, headers);
    expect(performance.now() - beginMs).to.be.below(BOUNDED_MS);
    expect(response.status).to.equal(400);
    expect(await response.text()).to.equal("");
    expect(Object.fromEntries(response.headers)).to.deep.equal(COMMON);
    expect(site.log.events).to.deep.equal([]);
    expect(site.app.errors).to.deep.equal([]);
    expect(store.calls).to.deep.equal([]);
  }

  /** As a registration, and as a refresh. */
  async function expectBadAnswer(answer: string): Promise<void> {
    for (const text of [answer, `"${answer}"`]) {
      await expectBadRequest({ "secure-session-response": text });
      await expectBadRequest(refreshHeaders(id, text));
    }
  }

  const jwt = (header: unknown, payload: unknown, signature = "AAAA"): string =>
    `${encodePart(header)}.${encodePart(payload)}.${signature}`;

  it("has no header at all", () => expectBadRequest({}));

  describe("has a session identifier that is no hash, bare or quoted", () => {
    for (const text of [
      "",
      "x",
      `"x"`,
      "A".repeat(42),
      "A".repeat(44),
      `"`,
      `""`,
      `""x`,
      `"x`,
      `x"`,
      `'x'`,
      `"a"b"`,
      `"a\\"b"`,
      `"é"`,
      `"a\tb"`,
      ":YWJj:",
      "?1",
      `("x")`,
      `"x", "x"`,
      `"x" y`,
      "x y",
      "x.y",
      "x, x",
    ]) {
      it(JSON.stringify(text), () => expectBadRequest({ "sec-secure-session-id": text }));
    }
  });

  describe("has an answer that is no JWT", () => {
    const good = jwt({ typ: TYP, alg: "ES256" }, { jti: "x" });
    for (const [title, text] of Object.entries({
      nothing: "",
      "one word": "x",
      dots: "..",
      "two parts": "e30.e30",
      "four parts": `${good}.e30`,
      "five parts, as JWE has": `${good}.e30.e30`,
      padding: `${good}=`,
      "the other alphabet": `${good}+/+/`,
      "white space within": good.replace(".", ". "),
      "a list": `(${good})`,
      "a byte sequence": `:${good}:`,
      "a quote at one end": `"${good}`,
      "a quote at the other end": `${good}"`,
      "a header that is no base64url": `x${good}`,
      "a signature that is no base64url": jwt({ typ: TYP, alg: "ES256" }, { jti: "x" }, "AAAAA"),
      "a signature that is not canonical": jwt({ typ: TYP, alg: "ES256" }, { jti: "x" }, "AB"),
      "text after it": `${good} x`,
    })) {
      it(title, async () => {
        await expectBadRequest({ "secure-session-response": text });
        await expectBadRequest(refreshHeaders(id, text));
      });
    }
  });

  describe("has a JWT whose header or payload is", () => {
    const parts: unknown[] = [
      "",
      "{",
      "null",
      "[]",
      "1",
      '"x"',
      "true",
      "{}",
      '{"typ":null}',
      '{"typ":["dbsc+jwt"],"alg":"ES256"}',
      '{"typ":"dbsc+jwt "}',
      '{"__proto__":{"typ":"dbsc+jwt","alg":"ES256","jti":"x"}}',
      '{"constructor":{"prototype":{"typ":"dbsc+jwt"}}}',
      '{"jti":1}',
      '{"jti":null}',
      '{"jti":{"toString":"x"}}',
      '\ufeff{"typ":"dbsc+jwt","jti":"x","alg":"ES256"}',
      "\ud800",
    ];
    for (const part of parts) {
      it(JSON.stringify(part), async () => {
        await expectBadAnswer(jwt(part, { jti: "x" }));
        await expectBadAnswer(jwt({ typ: TYP, alg: "ES256" }, part));
        await expectBadAnswer(jwt(part, part));
      });
    }

    it("bytes that are no UTF-8", async () => {
      const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]).toString("base64url");
      await expectBadAnswer(`${bytes}.${encodePart({ jti: "x" })}.AAAA`);
    });

    for (const opening of ["[", '{"a":']) {
      it(`a thousand times ${opening}`, async () => {
        const closing = opening === "[" ? "]" : "}";
        for (const depth of [100, 400, 1000]) {
          const deep = `${opening.repeat(depth)}1${closing.repeat(depth)}`;
          await expectBadAnswer(jwt({ typ: TYP, alg: "ES256" }, `{"jti":${deep}}`));
          await expectBadAnswer(jwt(`{"typ":${deep},"alg":"ES256"}`, { jti: "x" }));
        }
      });
    }
  });

  describe("registers a key that is", () => {
    const n = (bytes: number): string => Buffer.alloc(bytes, 0xc5).toString("base64url");
    const xy = n(32);
    const ec = { kty: "EC", crv: "P-256", x: xy, y: xy };
    const rsa = { kty: "RSA", n: n(256), e: "AQAB" };
    const keys: Record<string, [alg: unknown, jwk: unknown]> = {
      missing: ["ES256", undefined],
      null: ["ES256", null],
      text: ["ES256", JSON.stringify(ec)],
      "a number": ["ES256", 1],
      "a list": ["ES256", [ec]],
      empty: ["ES256", {}],
      "for RSA under ES256": ["ES256", rsa],
      "for EC under RS256": ["RS256", ec],
      "for the algorithm none": ["none", ec],
      "for ES384": ["ES384", { ...ec, crv: "P-384", x: n(48), y: n(48) }],
      "for P-384 under ES256": ["ES256", { ...ec, crv: "P-384", x: n(48), y: n(48) }],
      "for PS256": ["PS256", rsa],
      "for EdDSA": ["EdDSA", { kty: "OKP", crv: "Ed25519", x: xy }],
      "a secret": ["HS256", { kty: "oct", k: xy }],
      "without an algorithm": [undefined, ec],
      "of a list of algorithms": [["ES256"], ec],
      "of the algorithm in small letters": ["es256", ec],
      "of another kind, with the members of EC": ["ES256", { ...ec, kty: "OKP" }],
      "of another kind, with the members of RSA": ["RS256", { ...rsa, kty: "EC" }],
      "without a kind": ["ES256", { ...ec, kty: undefined }],
      "without a curve": ["ES256", { ...ec, crv: undefined }],
      "without a y": ["ES256", { ...ec, y: undefined }],
      "with a short x": ["ES256", { ...ec, x: n(31) }],
      "with a long x": ["ES256", { ...ec, x: n(33) }],
      "with an empty y": ["ES256", { ...ec, y: "" }],
      "with padding in x": ["ES256", { ...ec, x: `${xy}=` }],
      "with a dot in x": ["ES256", { ...ec, x: `${xy.slice(0, -1)}.` }],
      "with a number for x": ["ES256", { ...ec, x: 1 }],
      "with a list for x": ["ES256", { ...ec, x: [xy] }],
      "with an object for y": ["ES256", { ...ec, y: { length: 43 } }],
      "with a list for its curve": ["ES256", { ...ec, crv: ["P-256"] }],
      "with its members in __proto__": ["ES256", JSON.parse(`{"__proto__":${JSON.stringify(ec)}}`)],
      "for RSA with 512 bits": ["RS256", { ...rsa, n: n(64) }],
      "for RSA with 1024 bits": ["RS256", { ...rsa, n: n(128) }],
      "for RSA with 2040 bits": ["RS256", { ...rsa, n: n(255) }],
      "for RSA with 4104 bits": ["RS256", { ...rsa, n: n(513) }],
      "for RSA with 16384 bits": ["RS256", { ...rsa, n: n(2048) }],
      "for RSA with the exponent 1": ["RS256", { ...rsa, e: "AQ" }],
      "for RSA with the exponent 3": ["RS256", { ...rsa, e: "Aw" }],
      "for RSA with a long exponent": ["RS256", { ...rsa, e: n(32) }],
      "for RSA with a number for its exponent": ["RS256", { ...rsa, e: 65537 }],
      "for RSA without a modulus": ["RS256", { ...rsa, n: undefined }],
      "for RSA with a list for its modulus": ["RS256", { ...rsa, n: [rsa.n] }],
    };
    for (const [title, [alg, jwk]] of Object.entries(keys)) {
      it(title, async () => {
        const answer = jwt({ typ: TYP, alg, jwk }, { jti: challengeOf(owner) });
        await expectBadRequest({ "secure-session-response": answer });
        await expectBadRequest({ "secure-session-response": `"${answer}"` });
      });
    }
  });

  describe("is huge", () => {
    const MEGABYTE = 2 ** 20;
    const long = "A".repeat(MEGABYTE);
    for (const [title, text] of Object.entries({
      "as one word": long,
      "as a JWT": `${long}.${long}.${long}`,
      "as many parts": "A.".repeat(MEGABYTE / 2),
      "as many quotes": '"'.repeat(MEGABYTE),
      "as many semicolons": `"A.A.A"${";".repeat(MEGABYTE)}x`,
      "as many spaces": `A.A.A${" ".repeat(MEGABYTE)}x`,
      "as a deep JSON": `${encodePart("[".repeat(MEGABYTE))}.e30.AAAA`,
    })) {
      it(title, async () => {
        await expectBadRequest({ "secure-session-response": text });
        await expectBadRequest({ "sec-secure-session-id": text });
        await expectBadRequest({ "sec-secure-session-id": `"${text}"` });
        await expectBadRequest(refreshHeaders(id, text));
      });
    }

    it("by one character too many, in a JWT that is right otherwise", async () => {
      const fresh = await site.unboundOwner();
      const device = await Device.make();
      const answerOf = (filler: number): Promise<string> =>
        device.signAny(
          { typ: TYP, alg: "ES256", jwk: device.jwk },
          { jti: challengeOf(fresh), filler: "x".repeat(filler) },
        );
      let filler = 3000;
      while ((await answerOf(filler)).length > 4096) filler -= 1;
      while ((await answerOf(filler + 1)).length <= 4096) filler += 1;
      const register = async (answer: string): Promise<number> =>
        (await send(fresh, { "secure-session-response": answer })).status;
      expect(await register(await answerOf(filler + 1))).to.equal(400);
      expect(await register(await answerOf(filler))).to.equal(200);
    });
  });

  describe("is made at random", () => {
    // Header values are Latin-1 without NUL, CR and LF.
    const headerText = fc.string({
      unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
      maxLength: 300,
    });
    const part = fc.string({
      unit: fc.constantFrom("A", "B", "x", "0", "9", "-", "_"),
      maxLength: 80,
    });
    const json = fc.json({ maxDepth: 4 });
    const member = fc.oneof(fc.constantFrom("ES256", "RS256", TYP, "EC", "P-256"), fc.jsonValue());
    const jwk = fc.record(
      { kty: member, crv: member, x: member, y: member, n: member, e: member },
      { requiredKeys: [] },
    );
    const answers: Record<string, fc.Arbitrary<string>> = {
      "as text": headerText,
      "as three parts": fc.tuple(part, part, part).map((parts) => parts.join(".")),
      "as JSON in the parts": fc
        .tuple(json, json, part)
        .map(([header, payload, signature]) => jwt(header, payload, signature)),
      "as a JWT with an odd key": fc
        .tuple(member, jwk)
        .map(([alg, key]) => jwt({ typ: TYP, alg, jwk: key }, { jti: "x" })),
    };
    for (const [title, arbitrary] of Object.entries(answers)) {
      it(title, async () => {
        const property = fc.asyncProperty(arbitrary, fc.boolean(), async (text, isQuoted) => {
          const answer = isQuoted ? `"${text}"` : text;
          await expectBadRequest({ "secure-session-response": answer });
          // A refresh whose JWT is well-formed is refused by its challenge: see the next spec.
          const isKeyless = title === "as a JWT with an odd key";
          if (!isKeyless) await expectBadRequest(refreshHeaders(id, answer));
        });
        await fc.assert(property, { numRuns: runs(400), seed });
      });
    }

    it("from two genuine JWTs, cut and joined: nothing but 400, 403 and no cookie", async () => {
      const genuine = await owner.device!.sign(await refreshChallenge(owner, id));
      const texts = [owner.registration!, genuine];
      const cut = fc.tuple(
        fc.constantFrom(...texts),
        fc.nat(400),
        fc.constantFrom(...texts),
        fc.nat(400),
        fc.constantFrom("", ".", "A", '"', ";", ", "),
      );
      const property = fc.asyncProperty(
        cut,
        fc.boolean(),
        async ([a, to, b, from, glue], named) => {
          const answer = a.slice(0, to) + glue + b.slice(from);
          // Parameters count for nothing.
          if (texts.some((text) => `${answer};`.startsWith(`${text};`))) return;
          const headers = named
            ? refreshHeaders(id, answer)
            : { "secure-session-response": answer };
          const response = await send(owner, headers);
          expect(response.status).to.be.oneOf([400, 403]);
          expect(await response.text()).to.equal("");
          expect(response.headers.getSetCookie()).to.deep.equal([]);
          expect(site.app.errors).to.deep.equal([]);
        },
      );
      await fc.assert(property, { numRuns: runs(1000), seed });
      for (const event of site.log.events) expect(event).to.deep.equal(REFUSED);
    });

    it("as cookies: a refresh finds no session, and says nothing of them", async () => {
      const property = fc.asyncProperty(headerText, async (text) => {
        const cookie = `session=${text}; session-proof=${text}`;
        const response = await owner.send(PATH, refreshHeaders(id), cookie);
        expect(response.status).to.equal(200);
        expect(await response.json()).to.deep.equal({ continue: false });
      });
      await fc.assert(property, { numRuns: runs(200), seed });
      expect(site.log.events).to.deep.equal([]);
      expect(store.calls).to.deep.equal([]);
      expect(site.app.errors).to.deep.equal([]);
    });

    it("as an ID that is no hash: nothing is read", async () => {
      const device = await Device.make();
      const answer = await device.register(`${"B".repeat(43)}.1.${"A".repeat(22)}`);
      const response = await send(owner, { "secure-session-response": answer });
      expect(response.status).to.equal(403);
      expect(store.calls).to.deep.equal([]);
    });

    it("as the challenge of a registration: it finds no session", async () => {
      const device = await Device.make();
      const property = fc.asyncProperty(fc.string({ maxLength: 200 }), async (text) => {
        site.log.clear();
        for (const challenge of [text, `${sessionIdOf(owner)}.${text}`, `${text}.1.AAAA`]) {
          const answer = await device.register(challenge);
          const response = await send(owner, { "secure-session-response": answer });
          expect(response.status).to.equal(403);
          expect(await response.text()).to.equal("");
        }
        expect(site.log.events).to.deep.equal([REFUSED, REFUSED, REFUSED]);
        expect(site.app.errors).to.deep.equal([]);
      });
      await fc.assert(property, { numRuns: runs(100), seed });
    });
  });

  describe("that the challenge would be right for, but", () => {
    it("registers a point that is not on the curve: it is refused as any wrong signature", async () => {
      const fresh = await site.unboundOwner();
      const device = await Device.make();
      for (const x of [Buffer.alloc(32), Buffer.alloc(32, 0xff), Buffer.alloc(32, 1)]) {
        const jwk = { ...device.jwk, x: x.toString("base64url") };
        const answer = await device.sign(challengeOf(fresh), { jwk });
        const response = await send(fresh, { "secure-session-response": answer });
        expect(response.status).to.equal(403);
        expect(await response.text()).to.equal("");
      }
      expect(site.log.types).to.deep.equal(Array(3).fill("proof-refused"));
      expect(site.app.errors).to.deep.equal([]);
    });

    it("registers an RSA modulus that is none", async () => {
      const fresh = await site.unboundOwner();
      const device = await Device.make("RS256");
      for (const n of [Buffer.alloc(256), Buffer.alloc(512, 0xff), Buffer.alloc(256, 2)]) {
        const jwk = { ...device.jwk, n: n.toString("base64url") };
        const answer = await device.sign(challengeOf(fresh), { jwk });
        const beginMs = performance.now();
        const response = await send(fresh, { "secure-session-response": answer });
        expect(performance.now() - beginMs).to.be.below(BOUNDED_MS);
        expect(response.status).to.equal(403);
      }
      expect(site.app.errors).to.deep.equal([]);
    });
  });
});

describe("What the path of the binding answers", () => {
  let clock: Clock;
  let site: BoundSite;

  beforeEach(() => {
    clock = new Clock();
    site = new BoundSite(new UnsafeMemoryStore());
  });
  afterEach(() => clock.restore());

  it("to other methods is 405, with the method that it takes, and no handler runs", async () => {
    let calls = 0;
    site.routes[PATH] = () => ++calls;
    const owner = await site.owner();
    for (const method of ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      const response = await owner.get(`${PATH}?query`, {
        method,
        headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
      });
      expect(response.status, method).to.equal(405);
      expect(await response.text()).to.equal("");
      expect(Object.fromEntries(response.headers)).to.deep.equal({ ...COMMON, allow: "POST" });
    }
    expect(calls).to.equal(0);
    expect(site.log.events).to.deep.equal([]);
  });

  it("has no more headers than it needs, and no session cookie", async () => {
    const owner = await site.unboundOwner();
    // The session is due for a renewal, which is left to another request.
    clock.pass(50);
    const registration = await owner.register();
    expect(registration.status).to.equal(200);
    expect(Object.fromEntries(registration.headers)).to.deep.equal({
      ...COMMON,
      "set-cookie": `session-proof=${owner.proof}; Max-Age=220; Path=/; HttpOnly; SameSite=Lax; Secure`,
    });
    const { session_identifier: id } = owner.instructions!;
    const instructions = {
      session_identifier: id,
      refresh_url: PATH,
      scope: { include_site: false },
      credentials: [
        {
          type: "cookie",
          name: "session-proof",
          attributes: "Path=/; HttpOnly; SameSite=Lax; Secure",
        },
      ],
    };
    expect(await registration.json()).to.deep.equal(instructions);

    clock.pass(20_000);
    const first = await send(owner, refreshHeaders(id));
    expect(first.status).to.equal(403);
    expect(await first.text()).to.equal("");
    const challenge = first.headers.get("secure-session-challenge")!;
    expect(Object.fromEntries(first.headers)).to.deep.equal({
      ...COMMON,
      "secure-session-challenge": challenge,
    });
    const second = await owner.refresh();
    expect(Object.fromEntries(second.headers)).to.deep.equal({
      ...COMMON,
      "set-cookie": `session-proof=${owner.proof}; Max-Age=270; Path=/; HttpOnly; SameSite=Lax; Secure`,
    });
    expect(await second.json()).to.deep.equal(instructions);

    await owner.post("/logout");
    const over = await send(owner, refreshHeaders(id));
    expect(over.status).to.equal(200);
    expect(Object.fromEntries(over.headers)).to.deep.equal({ ...COMMON });
    expect(await over.json()).to.deep.equal({ continue: false });
  });

  it("takes both forms of the answer, with and without quotes and parameters", async () => {
    const owner = await site.owner();
    const { session_identifier: id } = owner.instructions!;
    const answer = await owner.device!.sign(await refreshChallenge(owner, id));
    for (const text of [answer, `"${answer}"`, `${answer};a=1`, `"${answer}" ;a="b;c"`]) {
      expect((await send(owner, refreshHeaders(id, text))).status, text).to.equal(200);
    }
    for (const quoted of [`"${id}"`, `"${id}";a`, `"${id}" ; a=1`, id, `${id};a`]) {
      const headers = { "sec-secure-session-id": quoted, "secure-session-response": answer };
      expect((await send(owner, headers)).status, quoted).to.equal(200);
    }
  });

  it("is an error of the app if its store is wrong, as everywhere", async () => {
    class WrongStore extends UnsafeMemoryStore {
      isWrong = false;

      protected override read(key: string): string | null {
        return this.isWrong ? (1 as unknown as string) : super.read(key);
      }
    }
    const store = new WrongStore();
    const wrong = new BoundSite(store);
    const visitor = await wrong.unboundOwner();
    store.isWrong = true;
    expect((await visitor.register()).status).to.equal(500);
    expect((await send(visitor, refreshHeaders("A".repeat(43)))).status).to.equal(500);
    for (const error of wrong.app.errors) expectUsageError(error, "read()");
    expect(wrong.app.errors).to.have.length(2);
  });

  it("sets a cookie that is over at once, if the answer took longer than the proof lives", async () => {
    const deviceBinding = new DeviceBinding({ proofSeconds: 30 });
    const brief = new BoundSite(new UnsafeMemoryStore(), { deviceBinding });
    const late = await brief.unboundOwner();
    clock.pass(60);
    const response = await late.register();
    expect(response.status).to.equal(200);
    expect(response.headers.get("set-cookie")).to.include("; Max-Age=0;");
    // The browser has no cookie, and renews the proof.
    clock.pass(10);
    expect(await viewOf(late)).to.deep.equal({ user: "ada", isDeviceBound: true });
  });

  // Chromium keeps the answer that got a 503, and sends it again with the next page.
  it("asks for a new answer if the proof of an old one would soon be over", async () => {
    const deviceBinding = new DeviceBinding({ proofSeconds: 30 });
    const brief = new BoundSite(new UnsafeMemoryStore(), { deviceBinding });
    const owner = await brief.owner();
    const { session_identifier: id } = owner.instructions!;
    const statuses: number[] = [];
    for (const seconds of [15, 16]) {
      const answer = await owner.device!.sign(await refreshChallenge(owner, id));
      clock.pass(seconds);
      const response = await send(owner, refreshHeaders(id, answer));
      statuses.push(response.status);
      expect(response.headers.has("secure-session-challenge")).to.equal(response.status === 403);
    }
    expect(statuses).to.deep.equal([200, 403]);
    expect(brief.log.types).to.deep.equal(["proved"]);
  });

  it("tells nobody without the cookie whether a session exists", async () => {
    const owner = await site.owner();
    const { session_identifier: id } = owner.instructions!;
    for (const name of [id, id.toLowerCase(), "A".repeat(43)]) {
      const response = await owner.send(PATH, refreshHeaders(name), "other=1");
      expect(response.status, name).to.equal(200);
      expect(await response.json()).to.deep.equal({ continue: false });
    }
  });
});
