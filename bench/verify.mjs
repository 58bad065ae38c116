import assert from "node:assert/strict";
import { cookieHeaderOf } from "./drivers/fetch.mjs";
import { seed } from "./measure.mjs";
import { dataOf, nextVisit, SIZES } from "./workload.mjs";

/**
 * Throws if a contender does not work as a session. Returns the bytes of the cookie's value for
 * each size.
 */
export async function verify(contender, kind) {
  const bytes = {};
  for (const [size, length] of Object.entries(SIZES)) {
    const data = dataOf(length, 7);
    assert.equal(JSON.stringify(data).length, length);
    const cookie = await seed(contender, data);
    bytes[size] = valueBytes(cookie);

    assert.deepEqual(
      await dump(contender, cookie),
      data,
      "The contender must return the saved data.",
    );
    const response = await serve(contender, cookie, contender.actions.write);
    const written = cookieHeaderOf(contender.setCookiesOf(response)) ?? cookie;
    const changed = { ...data, visits: nextVisit(data.visits) };
    assert.deepEqual(await dump(contender, written), changed, "The contender must save a change.");
    assert.equal(
      (await dump(contender, undefined)).user,
      undefined,
      "A request without a cookie must not get the session.",
    );
    if (kind === "unsigned") continue;
    for (const forged of forgeries(cookie)) {
      assert.equal(
        (await dump(contender, forged)).user,
        undefined,
        `A forged cookie must not get the session: ${forged}`,
      );
    }
  }
  return bytes;
}

async function serve(contender, cookie, action) {
  return contender.handle(contender.exchange(cookie), action);
}

async function dump(contender, cookie) {
  let seen;
  await serve(contender, cookie, (session) => {
    seen = contender.actions.dump(session);
  });
  return seen;
}

/** The cookie `session` with one character changed, at several places. */
function forgeries(cookie) {
  const start = cookie.indexOf("session=") + "session=".length;
  const end = cookie.includes(";", start) ? cookie.indexOf(";", start) : cookie.length;
  return [0.2, 0.5, 0.8].map((part) => {
    const at = start + Math.floor((end - start) * part);
    const other = cookie[at] === "A" ? "B" : "A";
    return cookie.slice(0, at) + other + cookie.slice(at + 1);
  });
}

/** The bytes of all cookies of the session, without their names. */
function valueBytes(cookie) {
  return cookie
    .split("; ")
    .map((pair) => pair.length - pair.indexOf("=") - 1)
    .reduce((sum, length) => sum + length);
}
