// Checks the built package on every supported Node. It is plain JavaScript, because Node 16 runs
// it, too.
const assert = require("node:assert/strict");

const PUBLIC = [
  "session",
  "CookieStore",
  "UnsignedCookieStore",
  "SimpleCookieStore",
  "SignedCookieStore",
  "EncryptedCookieStore",
  "ExternalStore",
  "UnsafeMemoryStore",
  "UnsafeMemorySessionStore",
  "RedisSessionStore",
  "KvSessionStore",
  "DeviceBinding",
  "SessionError",
];

/** Counts visits with every kind of store that needs no server. */
module.exports = async function roundTrips(library) {
  // Node 16 has no Request and Response. Hattip's polyfills provide them, as its adapter does.
  if (typeof Response === "undefined") {
    const { default: install } = await import("@hattip/polyfills/node-fetch");
    install();
  }
  for (const name of PUBLIC) assert.equal(typeof library[name], "function", name);
  const { SignedCookieStore, EncryptedCookieStore, UnsignedCookieStore, UnsafeMemoryStore } =
    library;

  const stores = {
    "signed, keys from secrets": new SignedCookieStore(
      await SignedCookieStore.generateKeysFromSecrets(["new secret", "old secret"]),
    ),
    "signed, a random key": new SignedCookieStore([await SignedCookieStore.generateKey()]),
    "encrypted, keys from base64": new EncryptedCookieStore(
      await EncryptedCookieStore.generateKeysFromBase64([
        await EncryptedCookieStore.exportKey(await EncryptedCookieStore.generateKey()),
      ]),
    ),
    unsigned: new UnsignedCookieStore({ parse: JSON.parse }),
    memory: new UnsafeMemoryStore(),
  };
  for (const [name, store] of Object.entries(stores)) {
    try {
      await countVisits(library.session, store);
    } catch (error) {
      error.message = `${name}: ${error.message}`;
      throw error;
    }
  }
};

async function countVisits(session, store) {
  const { compose } = await import("@hattip/compose");
  const { cookie } = await import("@hattip/cookie");
  let failure;
  const app = compose(
    (ctx) => {
      ctx.handleError = (error) => {
        failure = error;
        return new Response(null, { status: 500 });
      };
    },
    cookie(),
    session({ store, defaultSessionData: { visits: 0 } }),
    (ctx) => new Response(String((ctx.session.data.visits += 1))),
  );
  const visit = async (cookies) => {
    const request = new Request("https://example.com/", {
      headers: cookies ? { cookie: cookies } : {},
    });
    const response = await app({
      request,
      ip: "127.0.0.1",
      platform: {},
      env() {},
      passThrough() {},
      waitUntil() {},
    });
    if (failure) throw failure;
    return { text: await response.text(), setCookie: response.headers.get("set-cookie") };
  };

  const first = await visit();
  assert.equal(first.text, "1");
  assert.match(first.setCookie, /^session=[^;]+; /);
  const [pair] = first.setCookie.split(";");
  assert.equal((await visit(pair)).text, "2", "the second visit");
  assert.equal((await visit("session=forged")).text, "1", "a forged cookie starts a fresh session");
}
