import assert from "node:assert/strict";

/** Visits the app as a browser does. `send` returns its answer to a path with a session cookie. */
export async function countsVisits(send) {
  const first = await send("/");
  assert.equal(first.body, "Visit number 1");
  assert.ok(first.issued, "the first visit gets a cookie");
  assert.equal((await send("/", first.issued)).body, "Visit number 2");
  assert.equal((await send("/", "forged")).body, "Visit number 1", "with a forged cookie");
}

/** Which engine sealed the cookies: the one on node:crypto never calls Web Crypto. */
export async function sealsWith(engine, send) {
  await countsVisits(send);
  const calls = Number((await send("/web-crypto-calls")).body);
  const used = calls === 0 ? "node:crypto" : "Web Crypto";
  assert.equal(used, engine, `the bundle seals with ${used} (${calls} calls of crypto.subtle)`);
}
