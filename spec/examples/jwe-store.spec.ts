import { randomBytes } from "node:crypto";
import { JweCookieStore, type JweKey } from "../../examples/jwe-store.js";
import { cookieStoreContract } from "../../lib/testing.js";

describe("The example JweCookieStore", () => {
  const older = makeKey("1");
  const old = makeKey("2");
  const newest = makeKey("3");
  const tooShort = { ...old, secret: old.secret.subarray(1) };

  cookieStoreContract(
    { describe, it },
    {
      create: () => new JweCookieStore(() => [old, older]),
      rotated: () => new JweCookieStore(async () => [newest, old, older]),
      broken: () => new JweCookieStore(() => [tooShort, older]),
      encrypted: true,
    },
  );
});

function makeKey(kid: string): JweKey {
  return { kid, secret: randomBytes(32) };
}
