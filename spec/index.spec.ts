import { cookie } from "@hattip/cookie";
import { json } from "@hattip/response";
import { createRouter } from "@hattip/router";
import { expect } from "chai";
import * as library from "../lib/index.js";
import {
  CookieStore,
  EncryptedCookieStore,
  ExternalStore,
  KvSessionStore,
  RedisSessionStore,
  session,
  SessionError,
  SignedCookieStore,
  SimpleCookieStore,
  UnsafeMemorySessionStore,
  UnsafeMemoryStore,
  UnsignedCookieStore,
  type Awaitable,
  type DefaultSessionData,
  type Session,
  type SessionCookieOptions,
  type SessionData,
  type SessionErrorCode,
  type SessionEvent,
  type SessionOptions,
  type SessionStore,
} from "../lib/index.js";
import { Browser } from "./support/browser.js";

describe("The package", () => {
  it("exports exactly what its documentation names", () => {
    expect(Object.keys(library)).to.have.members([
      "CookieStore",
      "DeviceBinding",
      "EncryptedCookieStore",
      "ExternalStore",
      "KvSessionStore",
      "RedisSessionStore",
      "SessionError",
      "SignedCookieStore",
      "SimpleCookieStore",
      "UnsafeMemorySessionStore",
      "UnsafeMemoryStore",
      "UnsignedCookieStore",
      "session",
    ]);
  });

  it("exports two stores under both of their names", () => {
    expect(SimpleCookieStore).to.equal(UnsignedCookieStore);
    expect(UnsafeMemorySessionStore).to.equal(UnsafeMemoryStore);
  });

  it("has two base classes, and each of its stores extends one of them", () => {
    for (const Store of [UnsignedCookieStore, SignedCookieStore, EncryptedCookieStore]) {
      expect(Store.prototype).to.be.an.instanceOf(CookieStore);
    }
    for (const Store of [UnsafeMemoryStore, RedisSessionStore, KvSessionStore]) {
      expect(Store.prototype).to.be.an.instanceOf(ExternalStore);
    }
  });

  it("has the static methods that its documentation names", () => {
    expect(SignedCookieStore).itself.to.respondTo("generateKeysFromSecrets");
    for (const name of ["generateKeysFromBase64", "generateKey", "exportKey"]) {
      expect(SignedCookieStore).itself.to.respondTo(name);
      expect(EncryptedCookieStore).itself.to.respondTo(name);
    }
    // Passwords are too weak to encrypt data with.
    expect(EncryptedCookieStore).itself.to.not.respondTo("generateKeysFromSecrets");
  });

  it("has one error class, whose code tells the errors apart", () => {
    const cause = new Error("driver");
    const code: SessionErrorCode = "ERR_SESSION_STORE";
    const error = new SessionError(code, "The store is down.", { cause });
    expect(error).to.be.an.instanceOf(Error);
    expect(error).to.include({ name: "SessionError", code, message: "The store is down.", cause });
  });

  it("exports the types that apps need", () => {
    const data: SessionData = {};
    const events: SessionEvent[] = [];
    const defaultSessionData: DefaultSessionData = (): Awaitable<SessionData> => data;
    const cookieOptions: SessionCookieOptions = { sameSite: "strict" };
    const store: SessionStore = new UnsafeMemoryStore();
    const options: SessionOptions = {
      store,
      defaultSessionData,
      cookieName: "sid",
      cookieOptions,
      getSessionId: (ctx) => ctx.request.headers.get("x-session"),
      setSessionId: (_ctx, response, id, maxAge) => response.headers.set("x", `${id} ${maxAge}`),
      idleTimeout: 60,
      absoluteTimeout: 600,
      renewAfter: 6,
      onEvent: (event) => events.push(event),
    };
    const names: (keyof Session)[] = ["data", "isFresh", "regenerate", "destroy", "update"];
    expect(session(options)).to.be.a("function");
    expect(names).to.have.length(5);
  });

  describe("supports the documented usage of", () => {
    it("a session in a signed cookie", async () => {
      const app = createRouter();
      app.use(cookie());
      app.use(
        session({
          store: new SignedCookieStore(await SignedCookieStore.generateKeysFromSecrets(["secret"])),
          defaultSessionData: {},
        }),
      );
      app.post("/", (ctx) => {
        ctx.session.data.userId = "ann";
        return json(ctx.session.data);
      });
      app.get((ctx) => json(ctx.session.data));
      const browser = new Browser(app.buildHandler());
      expect(await (await browser.get("/")).json()).to.deep.equal({});
      await browser.post("/");
      expect(await (await browser.get("/")).json()).to.deep.equal({ userId: "ann" });
    });

    it("all its stores", async () => {
      const validate = (data: SessionData) => expect(data).to.be.an("object");
      const stores: SessionStore[] = [
        new SimpleCookieStore({
          parse(text) {
            const parsed = JSON.parse(text);
            validate(parsed);
            return parsed;
          },
        }),
        new SignedCookieStore(
          await SignedCookieStore.generateKeysFromSecrets(["my new secret", "my old secret"]),
        ),
        new EncryptedCookieStore(
          await EncryptedCookieStore.generateKeysFromBase64([
            "cnNwJHcQHlHHB7+/zRYOJP/m0JEXxQpoGskCs8Eg+XI=",
          ]),
        ),
        new UnsafeMemoryStore(),
        new RedisSessionStore({
          getClient: () => expect.fail("getClient() was called before any request."),
        }),
        new KvSessionStore({ getStore: (ctx) => ctx.platform.env.SESSIONS }),
      ];
      for (const store of stores) {
        expect(session({ store, defaultSessionData: {} })).to.be.a("function");
      }
    });
  });
});
