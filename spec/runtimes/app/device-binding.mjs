const ORIGIN = "https://example.com";
const BINDING_PATH = "/.well-known/session-binding/session";
/** Requests that were under way at the registration need no proof for so long. */
const GRACE_MS = 10_000;

const ALGORITHMS = {
  ES256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  RS256: {
    name: "RSASSA-PKCS1-v1_5",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: "SHA-256",
  },
};

/**
 * Plays both sides of a device binding inside of the runtime, because the checks reach it by http only:
 * logs in, registers a key, and renews the proof. Returns what the server has answered.
 */
export async function bindDevice({ compose, cookie, library }, store, algorithm) {
  const app = compose(
    (ctx) => {
      ctx.handleError = (error) => new Response(String(error.stack), { status: 500 });
    },
    cookie(),
    library.session({ store, deviceBinding: new library.DeviceBinding() }),
    async ({ session, url }) => {
      if (url.pathname === "/login") {
        await session.regenerate();
        session.data.user = "Ada";
      }
      return new Response(String(session.isDeviceBound));
    },
  );
  const cookies = new Map();
  async function send(method, path, headers = {}, names = [...cookies.keys()]) {
    const sent = names.map((name) => `${name}=${cookies.get(name)}`).join("; ");
    const request = new Request(ORIGIN + path, {
      method,
      headers: sent === "" ? headers : { ...headers, cookie: sent },
    });
    const response = await app({
      request,
      ip: "127.0.0.1",
      platform: {},
      env() {},
      passThrough() {},
      waitUntil() {},
    });
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(response.headers.get("set-cookie")) ?? [];
    if (name) cookies.set(name, value);
    return response;
  }
  const register = (headers) => send("POST", BINDING_PATH, headers);

  const device = await makeDevice(algorithm);
  const login = await send("GET", "/login");
  const offer = login.headers.get("secure-session-registration");
  const [, offered] = /;challenge="([^"]*)"/.exec(offer);
  const registered = await register({ "secure-session-response": await device.register(offered) });
  const { session_identifier: id } = await registered.json();

  const { now } = Date;
  Date.now = () => now() + GRACE_MS;
  try {
    const named = { "sec-secure-session-id": `"${id}"` };
    const asked = await register(named);
    const [, challenge] = /^"([^"]*)"/.exec(asked.headers.get("secure-session-challenge"));
    cookies.delete("session-proof");
    const signed = await device.sign(challenge);
    const refreshed = await register({ ...named, "secure-session-response": signed });
    return {
      registered: registered.status,
      asked: asked.status,
      refreshed: refreshed.status,
      isBound: await (await send("GET", "/")).text(),
      isBoundForThief: await (await send("GET", "/", {}, ["session"])).text(),
    };
  } finally {
    Date.now = now;
  }
}

async function makeDevice(alg) {
  // Node 16 and 18 have it only here.
  const { subtle } = globalThis.crypto ?? (await import("node:crypto")).webcrypto;
  const algorithm = ALGORITHMS[alg];
  const { privateKey, publicKey } = await subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const { kty, crv, x, y, n, e } = await subtle.exportKey("jwk", publicKey);
  async function sign(challenge, more) {
    const header = encode(JSON.stringify({ alg, typ: "dbsc+jwt", ...more }));
    const message = `${header}.${encode(JSON.stringify({ jti: challenge }))}`;
    const bytes = new TextEncoder().encode(message);
    const signature = new Uint8Array(await subtle.sign(algorithm, privateKey, bytes));
    return `${message}.${encode(String.fromCharCode(...signature))}`;
  }
  return {
    sign,
    register: (challenge) => sign(challenge, { jwk: { kty, crv, x, y, n, e } }),
  };
}

/** Base64url of text whose characters are bytes. */
function encode(text) {
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
