import { cookieSerializer } from "@hattip/cookie";
import {
  EncryptedCookieStore,
  RedisSessionStore,
  session,
  SignedCookieStore,
  SimpleCookieStore,
  UnsafeMemorySessionStore,
} from "hattip-session-0.0.49";
import { createClient } from "redis3";
import { hattipExchange, hattipHandler, setCookiesOf } from "../drivers/fetch.mjs";
import { objectActions } from "../workload.mjs";

export const title = "@hattip/session 0.0.49";
export const packages = ["hattip-session-0.0.49", "redis3"];
export const kinds = ["signed", "encrypted", "unsigned", "memory", "redis"];
export const lacks = {
  signed: "na",
  encrypted: "na",
  unsigned: "ea",
  memory: "hcao",
  redis: "hca",
};

export async function open(kind, { redisUrl }) {
  // Its Redis store passes callbacks: redis 3 is the last version that calls them.
  const client = kind === "redis" ? createClient(redisUrl) : undefined;
  const store = await storeOf(kind, client);
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
    close: () => client?.end(false),
  };
}

async function storeOf(kind, client) {
  switch (kind) {
    case "signed":
      return new SignedCookieStore(
        await SignedCookieStore.generateKeysFromSecrets(["a secret of 32 characters or more"]),
      );
    case "encrypted":
      return new EncryptedCookieStore([await EncryptedCookieStore.generateKey()]);
    case "unsigned":
      return new SimpleCookieStore();
    case "redis":
      return new RedisSessionStore({ getClient: () => client });
    default:
      return new UnsafeMemorySessionStore();
  }
}
