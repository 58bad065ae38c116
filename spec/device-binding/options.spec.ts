import { expect } from "chai";
import { createClient } from "redis";
import {
  DeviceBinding,
  EncryptedCookieStore,
  KvSessionStore,
  RedisSessionStore,
  SignedCookieStore,
  UnsafeMemoryStore,
  UnsignedCookieStore,
  type SessionOptions,
} from "../../lib/index.js";
import { app } from "../support/app.js";
import { BindingBrowser } from "../support/binding-browser.js";
import { Clock } from "../support/clock.js";
import { errorOf } from "../support/error-of.js";
import { keys } from "../support/middleware-stores.js";
import { GRACE_SECONDS } from "../support/bound-site.js";

const LONG_SECONDS = 20_000;

/** The error of the constructor, whose types would refuse most of these options. */
function errorOfBinding(options: unknown): Error {
  try {
    void new DeviceBinding(options as ConstructorParameters<typeof DeviceBinding>[0]);
  } catch (error) {
    return error as Error;
  }
  throw new Error("DeviceBinding accepted the options");
}

/** Logs in, and comes back after the proof has ended: the options work only if the session is there. */
async function expectWorks(
  options: Partial<SessionOptions>,
  binding = new DeviceBinding(),
  folder = "/",
): Promise<BindingBrowser> {
  const clock = new Clock();
  try {
    const site = app(
      { store: new UnsafeMemoryStore(), idleTimeout: 86_400, ...options, deviceBinding: binding },
      {
        [`${folder}view`]: ({ session: { data, isDeviceBound } }) => [data["user"], isDeviceBound],
        [`${folder}login`]: async ({ session }) => {
          await session.regenerate();
          session.data.user = "ada";
        },
      },
    );
    const browser = new BindingBrowser(site);
    await browser.post(`${folder}login`);
    for (const seconds of [0, GRACE_SECONDS, LONG_SECONDS]) {
      clock.pass(seconds);
      const response = await browser.get(`${folder}view`);
      expect(await response.json(), `after ${seconds} s`).to.deep.equal(["ada", true]);
    }
    expect(site.errors).to.deep.equal([]);
    return browser;
  } finally {
    clock.restore();
  }
}

describe("new DeviceBinding()", () => {
  const SECONDS = "The option proofSeconds must be a whole number of seconds from 10 to 86400.";
  const PLAIN = "The option path must be a path from / without a query, such as /session-binding.";
  const NO_OBJECT = "The options of DeviceBinding must be an object.";
  const cases: [string, unknown, string][] = [
    ["null", null, NO_OBJECT],
    ["a number in place of its options", 300, NO_OBJECT],
    ["0 seconds", { proofSeconds: 0 }, SECONDS],
    ["9 seconds", { proofSeconds: 9 }, SECONDS],
    ["a negative number of seconds", { proofSeconds: -300 }, SECONDS],
    ["a fraction of seconds", { proofSeconds: 300.5 }, SECONDS],
    ["milliseconds", { proofSeconds: 300_000 }, SECONDS],
    ["more than a day", { proofSeconds: 86_401 }, SECONDS],
    ["seconds as text", { proofSeconds: "300" }, SECONDS],
    ["NaN", { proofSeconds: NaN }, SECONDS],
    ["null for its seconds", { proofSeconds: null }, SECONDS],
    ["a path that is not text", { path: 1 }, PLAIN],
    ["null for its path", { path: null }, PLAIN],
    ["a URL object", { path: new URL("https://example.com/bind") }, PLAIN],
    ["an empty path", { path: "" }, PLAIN],
    ["a relative path", { path: "bind" }, PLAIN],
    ["a URL", { path: "https://example.com/bind" }, PLAIN],
    ["a path of another host", { path: "//evil.example/bind" }, PLAIN],
    ["a path with a backslash", { path: "/\\evil.example" }, PLAIN],
    ["a path with a query", { path: "/bind?a=1" }, PLAIN],
    ["a path with a fragment", { path: "/bind#a" }, PLAIN],
    ["a path with a quote", { path: '/bind"' }, PLAIN],
    ["a path with a semicolon", { path: "/bind;a" }, PLAIN],
    ["a path with an equals sign", { path: "/bind=1" }, PLAIN],
    ["a path with a space", { path: "/bi nd" }, PLAIN],
    ["a path with a line break", { path: "/bind\n" }, PLAIN],
    ["a path with a letter outside ASCII", { path: "/bindé" }, PLAIN],
    ["a path with dots", { path: "/a/../bind" }, PLAIN],
    ["a path with a dot", { path: "/a/./bind" }, PLAIN],
    ["a path with encoded dots", { path: "/a/%2e%2E/bind" }, PLAIN],
    [
      "an unknown option",
      { seconds: 300 },
      "DeviceBinding has no option seconds. It has proofSeconds and path.",
    ],
    [
      "a misspelt option of undefined",
      { proofseconds: undefined },
      "DeviceBinding has no option proofseconds. It has proofSeconds and path.",
    ],
  ];
  for (const [title, options, message] of cases) {
    it(`refuses ${title}`, () => {
      const error = errorOfBinding(options);
      expect(error).to.be.instanceOf(TypeError);
      expect(error.message).to.equal(message);
    });
  }

  for (const options of [
    undefined,
    {},
    { proofSeconds: undefined, path: undefined },
    { proofSeconds: 10 },
    { proofSeconds: 300 },
    { proofSeconds: 10_000 },
    { path: "/session-binding" },
    { path: "/a/b.c/d" },
    { path: "/a/" },
    { path: "/@a:~$!&'()*+,_-%C3%A9%20" },
  ]) {
    it(`takes ${JSON.stringify(options)}, and it works`, async () => {
      const browser = await expectWorks({}, new DeviceBinding(options));
      const path = options?.path ?? "/.well-known/session-binding/session";
      expect(browser.offer).to.include(`;path="${path}";`);
      expect(browser.instructions!.refresh_url).to.equal(path);
    });
  }

  it("takes the longest time, in which no proof is renewed", async () => {
    const browser = await expectWorks({}, new DeviceBinding({ proofSeconds: 86_400 }));
    expect(browser.renewal).to.equal(undefined);
  });
});

describe("session() with the option deviceBinding", () => {
  const store = new UnsafeMemoryStore();
  const deviceBinding = new DeviceBinding();
  const goesNotWith = (what: string): string =>
    `The option deviceBinding does not go with ${what}.`;
  const NO_BINDING = "The option deviceBinding must be a DeviceBinding: new DeviceBinding().";
  const COOKIE_STORE = goesNotWith("a cookie store, which can keep no key: use RedisSessionStore");

  const cases: [string, object, string][] = [
    ["true", { deviceBinding: true }, NO_BINDING],
    ["null", { deviceBinding: null }, NO_BINDING],
    ["the class", { deviceBinding: DeviceBinding }, NO_BINDING],
    ["options in place of an instance", { deviceBinding: { proofSeconds: 300 } }, NO_BINDING],
    ["a signed cookie", { store: new SignedCookieStore(keys) }, COOKIE_STORE],
    ["an encrypted cookie", { store: new EncryptedCookieStore(keys) }, COOKIE_STORE],
    ["an unsigned cookie", { store: new UnsignedCookieStore() }, COOKIE_STORE],
    [
      "Workers KV",
      { store: new KvSessionStore({ getStore: () => null as never }) },
      goesNotWith("a store that cannot compare: use RedisSessionStore"),
    ],
    [
      "getSessionId",
      { getSessionId: () => "x" },
      goesNotWith("getSessionId: browsers prove themselves by a cookie"),
    ],
    [
      "a domain",
      { cookieOptions: { domain: "example.com" } },
      goesNotWith("cookieOptions.domain: browsers bind to one origin"),
    ],
    [
      "a cookie without Secure",
      { cookieOptions: { secure: false } },
      goesNotWith("cookieOptions.secure false: browsers bind over https only"),
    ],
    [
      "a partitioned cookie",
      { cookieOptions: { partitioned: true } },
      goesNotWith("cookieOptions.partitioned: browsers bind no such cookies"),
    ],
  ];
  for (const [title, options, message] of cases) {
    it(`refuses ${title}`, () => {
      const error = errorOf({ store, deviceBinding, ...options });
      expect(error).to.be.instanceOf(TypeError);
      expect(error.message).to.equal(message);
    });
  }

  it("takes the store that the messages advise", async () => {
    const url = "redis://127.0.0.1:1";
    const redis = new RedisSessionStore({ getClient: () => createClient({ url }) });
    expect(() => app({ store: redis, deviceBinding }, {})).to.not.throw();
  });

  it("works without what the messages name, and with undefined for it", async () => {
    await expectWorks({ getSessionId: undefined });
    const cookieOptions = { domain: undefined, secure: undefined, partitioned: undefined };
    await expectWorks({ cookieOptions });
  });

  for (const cookieOptions of [
    { secure: true },
    { sameSite: "strict" },
    { sameSite: "none" },
    { sameSite: false },
    { httpOnly: false },
    { priority: "high" },
    { maxAge: 86_400 },
  ] as const) {
    it(`works with cookieOptions ${JSON.stringify(cookieOptions)}`, async () => {
      const browser = await expectWorks({
        cookieOptions,
        ...("maxAge" in cookieOptions && { idleTimeout: undefined }),
      });
      const [credential] = browser.instructions!.credentials;
      const sameSite: unknown = "sameSite" in cookieOptions ? cookieOptions.sameSite : "lax";
      const words = credential!.attributes.split("; ");
      const found = words.find((word) => word.startsWith("SameSite="))?.toLowerCase();
      expect(found).to.equal(sameSite === false ? undefined : `samesite=${sameSite as string}`);
      expect(words.includes("HttpOnly")).to.equal(!("httpOnly" in cookieOptions));
      // Chromium refuses the session for any other attribute.
      const known = /^(Path|Secure|HttpOnly|SameSite)\b/;
      expect(words.filter((word) => !known.test(word))).to.deep.equal([]);
      expect(words).to.include("Secure");
    });
  }

  describe("and cookieOptions.path", () => {
    const refusals: [cookiePath: string, path: string | undefined, advice: string][] = [
      ["/app", undefined, "/app/session-binding"],
      ["/app/", undefined, "/app/session-binding"],
      ["/app", "/session-binding", "/app/session-binding"],
      ["/app", "/application", "/app/session-binding"],
      ["/app/", "/app", "/app/session-binding"],
      ["/app/deep", "/app/x", "/app/deep/session-binding"],
      ["/a-b", undefined, "/a-b/session-binding"],
      ["/App", "/app/x", "/App/session-binding"],
    ];
    for (const [cookiePath, path, advice] of refusals) {
      it(`refuses ${cookiePath} with ${path ?? "the default path"}; its advice works`, async () => {
        const cookieOptions = { path: cookiePath };
        const error = errorOf({ store, cookieOptions, deviceBinding: new DeviceBinding({ path }) });
        expect(error).to.be.instanceOf(TypeError);
        expect(error.message).to.equal(
          goesNotWith(
            `cookieOptions.path ${cookiePath}, which must cover the binding's path: new DeviceBinding({ path: "${advice}" })`,
          ),
        );
        const right = new DeviceBinding({ path: advice });
        await expectWorks({ cookieOptions }, right, cookiePath.replace(/\/?$/, "/"));
      });
    }

    const covered: [cookiePath: string, path: string | undefined][] = [
      ["/", undefined],
      ["/app", "/app/bind"],
      ["/app", "/app"],
      ["/app/", "/app/bind"],
      ["/.well-known", undefined],
      ["/.well-known/session-binding/session", undefined],
    ];
    for (const [cookiePath, path] of covered) {
      it(`takes ${cookiePath} with ${path ?? "the default path"}, and it works`, async () => {
        const cookieOptions = { path: cookiePath };
        const folder = cookiePath.replace(/\/?$/, "/");
        await expectWorks({ cookieOptions }, new DeviceBinding({ path }), folder);
      });
    }
  });

  describe("and cookieName", () => {
    const names: Record<string, string> = {
      "__Host-session": "__Host-session",
      "__Secure-session": "__Secure-session",
      "a.b_c-d~e": "a.b_c-d~e",
      "!#$%&'*+-.^_`|~": "!%23%24%25%26'*%2B-.%5E_%60%7C~",
      "%2e%2e": "%252e%252e",
      "x..": "x..",
      __proto__: "__proto__",
    };
    for (const [cookieName, encoded] of Object.entries(names)) {
      it(`${cookieName} works`, async () => {
        const browser = await expectWorks({ cookieName });
        const [credential] = browser.instructions!.credentials;
        expect(credential!.name).to.equal(`${cookieName}-proof`);
        expect(browser.instructions!.refresh_url).to.equal(
          `/.well-known/session-binding/${encoded}`,
        );
      });
    }

    // Browsers would take these for steps in the default path.
    for (const cookieName of [".", ".."]) {
      it(`${cookieName} is refused without a path, and works with one`, async () => {
        const error = errorOf({ store, cookieName, deviceBinding });
        expect(error).to.be.instanceOf(TypeError);
        const advice = `the cookieName ${cookieName}: give DeviceBinding a path`;
        expect(error.message).to.equal(goesNotWith(advice));
        await expectWorks({ cookieName }, new DeviceBinding({ path: "/bind" }));
      });
    }

    it("is told by __Host- that cookieOptions.path must be /, as without a binding", () => {
      const cookieOptions = { path: "/app" };
      const path = "/app/bind";
      const error = errorOf({
        store,
        cookieName: "__Host-session",
        cookieOptions,
        deviceBinding: new DeviceBinding({ path }),
      });
      expect(error.message).to.include("must have no cookieOptions.domain and the path /.");
    });
  });

  it("lets several session() share one DeviceBinding, each at the path of its cookie", async () => {
    const shared = new DeviceBinding();
    const first = await expectWorks({ cookieName: "one" }, shared);
    const second = await expectWorks({ cookieName: "two" }, shared);
    expect(first.instructions!.refresh_url).to.equal("/.well-known/session-binding/one");
    expect(second.instructions!.refresh_url).to.equal("/.well-known/session-binding/two");
  });

  it("takes undefined for none: the path is the app's then", async () => {
    const path = "/.well-known/session-binding/session";
    const site = app({ store, deviceBinding: undefined }, { [path]: () => "the app's" });
    const response = await new BindingBrowser(site).post(path);
    expect(await response.json()).to.equal("the app's");
  });
});
