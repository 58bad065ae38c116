import assert from "node:assert/strict";

const cookieStores = ["signed", "encrypted"];
/** These stores run in every runtime. */
const stores = [...cookieStores, "memory"];
/** These stores run only in runtimes that keep a connection between requests. */
export const redisStores = ["node-redis", "ioredis"];
const all = [...stores, ...redisStores];
const serverStores = all.filter((name) => !cookieStores.includes(name));

/** `run` gets a function `visit(store, token)` that makes a visitor, and the store to check. */
export const scenario = [
  { name: "count", stores: all, run: countsUp },
  { name: "log in", stores: all, run: keepsDataAtLogin },
  { name: "regenerate", stores: all, run: movesToNewToken },
  { name: "late request", stores: serverStores, run: ignoresLateRequests },
  { name: "log out", stores: all, run: forgetsAtLogout },
  { name: "tampered", stores: all, run: startsAfreshWhenTampered },
  { name: "other store", stores: all, run: refusesOtherStoresTokens },
  { name: "key rotation", stores: cookieStores, run: reissuesUnderFirstKey },
  { name: "device", stores: serverStores, run: bindsDevices, needsCookies: true },
];

async function countsUp(visit, store) {
  const visitor = visit(store);
  assert.deepEqual(await visitor.do("show"), { isFresh: true, data: { count: 0 }, issued: null });

  assert.equal((await visitor.do("count")).isFresh, true);
  const { isFresh, data } = await visitor.do("count");
  assert.deepEqual({ isFresh, data }, { isFresh: false, data: { count: 2 } });

  const shown = await visitor.do("show");
  assert.deepEqual(shown, { isFresh: false, data: { count: 2 }, issued: null });

  if (!redisStores.includes(store)) return;
  await Promise.all(Array.from({ length: 5 }, () => visit(store, visitor.token).do("update")));
  assert.deepEqual((await visitor.do("show")).data, { count: 7 });
}

async function keepsDataAtLogin(visit, store) {
  const visitor = visit(store);
  await visitor.do("count");
  const before = visitor.token;
  await visitor.do("login", { user: "Ada ☃" });

  assert.notEqual(visitor.token, before);
  const { isFresh, data } = await visitor.do("show");
  assert.deepEqual({ isFresh, data }, { isFresh: false, data: { count: 1, user: "Ada ☃" } });
  if (!cookieStores.includes(store)) await assertFresh(visit(store, before));
}

async function movesToNewToken(visit, store) {
  const visitor = visit(store);
  await visitor.do("count");
  const before = visitor.token;
  await visitor.do("regenerate");

  // Two signatures of the same data in the same second are equal.
  if (store !== "signed") assert.notEqual(visitor.token, before);
  assert.deepEqual((await visitor.do("show")).data, { count: 1 });
  if (!cookieStores.includes(store)) await assertFresh(visit(store, before));
}

async function ignoresLateRequests(visit, store) {
  const visitor = visit(store);
  await visitor.do("count");
  // This request was sent before the login has moved the session to a new token.
  const late = visit(store, visitor.token);
  await visitor.do("login", { user: "Ada" });

  assert.deepEqual(await late.do("count"), { isFresh: true, data: { count: 1 }, issued: null });
  assert.deepEqual((await visitor.do("show")).data, { count: 1, user: "Ada" });

  await late.do("logout");
  await assertFresh(visit(store, visitor.token));
}

async function forgetsAtLogout(visit, store) {
  const visitor = visit(store);
  await visitor.do("login", { user: "Ada" });
  const before = visitor.token;

  assert.deepEqual((await visitor.do("logout")).data, { count: 0 });
  assert.equal(visitor.token, undefined);
  // A session in a cookie cannot be revoked.
  if (!cookieStores.includes(store)) await assertFresh(visit(store, before));
}

async function startsAfreshWhenTampered(visit, store) {
  const visitor = visit(store);
  await visitor.do("login", { user: "Ada" });
  const { token } = visitor;

  for (const position of [0, 8, token.length >> 1, token.length - 1]) {
    await assertFresh(visit(store, withOtherCharacter(token, position)));
  }
  for (const other of [`${token}A`, `${token}=`, token.slice(0, -1), "A".repeat(43), "x"]) {
    await assertFresh(visit(store, other));
  }
}

async function refusesOtherStoresTokens(visit, store) {
  for (const other of stores.filter((name) => name !== store)) {
    const visitor = visit(other);
    await visitor.do("login", { user: "Ada" });
    await assertFresh(visit(store, visitor.token));
  }
}

async function reissuesUnderFirstKey(visit, store) {
  const visitor = visit(`${store}-old-key`);
  await visitor.do("login", { user: "Ada" });
  await assertFresh(visit(`${store}-new-key`, visitor.token));

  const { isFresh, data, issued } = await visit(store, visitor.token).do("show");
  assert.deepEqual({ isFresh, data }, { isFresh: false, data: { count: 0, user: "Ada" } });
  assert.ok(issued, "no token was issued under the first key");

  const rotated = await visit(`${store}-new-key`, issued).do("show");
  assert.deepEqual(rotated, { isFresh: false, data: { count: 0, user: "Ada" }, issued: null });
}

async function bindsDevices(visit, store) {
  for (const algorithm of ["ES256", "RS256"]) {
    const { issued: _, ...answers } = await visit(store).do("bind", { algorithm });
    const expected = {
      registered: 200,
      asked: 403,
      refreshed: 200,
      isBound: "true",
      isBoundForThief: "false",
    };
    assert.deepEqual(answers, expected, algorithm);
  }
}

/** Issues tokens that the other runtimes read. `name` is the name of this runtime. */
export async function issueTokens(visit, name) {
  const tokens = [];
  for (const store of cookieStores) {
    const visitor = visit(store);
    await visitor.do("login", { user: name });
    tokens.push({ store, name, token: visitor.token });
  }
  return tokens;
}

export async function readToken(visit, { store, name, token }) {
  const { isFresh, data } = await visit(store, token).do("show");
  assert.deepEqual({ isFresh, data }, { isFresh: false, data: { count: 0, user: name } });
}

async function assertFresh(visitor) {
  const { token } = visitor;
  const { isFresh, data } = await visitor.do("show");
  assert.deepEqual({ isFresh, data }, { isFresh: true, data: { count: 0 } }, `token ${token}`);
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/**
 * Replaces a character by its neighbour in the alphabet. At the end of a token, only unused bits
 * may differ.
 */
function withOtherCharacter(token, position) {
  const other = alphabet[alphabet.indexOf(token[position]) ^ 1];
  return token.slice(0, position) + other + token.slice(position + 1);
}
