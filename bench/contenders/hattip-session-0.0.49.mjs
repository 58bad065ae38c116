import { cookieSerializer } from "@hattip/cookie";
import {
  EncryptedCookieStore,
  session,
  SignedCookieStore,
  SimpleCookieStore,
  UnsafeMemorySessionStore,
} from "hattip-session-0.0.49";
import { hattipExchange, hattipHandler, setCookiesOf } from "../drivers/fetch.mjs";
import { objectActions } from "../workload.mjs";

export const title = "@hattip/session 0.0.49";
export const packages = ["hattip-session-0.0.49"];
/** Its Redis store works only with Redis clients of 2021. With current ones, it never settles. */
export const kinds = ["signed", "encrypted", "unsigned", "memory"];
export const lacks = { signed: "na", encrypted: "na", unsigned: "ea", memory: "hcao" };

export async function open(kind) {
  const store = await storeOf(kind);
  const middleware = session({
    store,
    defaultSessionData: {},
    cookieOptions: { path: "/", httpOnly: true, sameSite: "lax", secure: true, maxAge: 86_400 },
  });
  return {
    actions: objectActions(({ data }) => data),
    exchange: hattipExchange,
    setCookiesOf,
    handle: hattipHandler(cookieSerializer(), middleware),
  };
}

async function storeOf(kind) {
  switch (kind) {
    case "signed":
      return new SignedCookieStore(
        await SignedCookieStore.generateKeysFromSecrets(["a secret of 32 characters or more"]),
      );
    case "encrypted":
      return new EncryptedCookieStore([await EncryptedCookieStore.generateKey()]);
    case "unsigned":
      return new SimpleCookieStore();
    default:
      return new UnsafeMemorySessionStore();
  }
}
