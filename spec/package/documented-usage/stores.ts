// The documented stores, except for KV, which is in worker.ts.
import {
  EncryptedCookieStore,
  RedisSessionStore,
  SignedCookieStore,
  SimpleCookieStore,
  UnsafeMemorySessionStore,
  UnsafeMemoryStore,
  UnsignedCookieStore,
} from "@hattip/session";
import * as redis from "redis";

export async function documentedStores() {
  return {
    SimpleCookieStore: new SimpleCookieStore({
      parse(data) {
        const parsed = JSON.parse(data);
        validate(parsed);
        return parsed;
      },
    }),
    UnsignedCookieStore: new UnsignedCookieStore(),
    SignedCookieStore: new SignedCookieStore(
      await SignedCookieStore.generateKeysFromSecrets(["my new secret", "my old secret"]),
    ),
    EncryptedCookieStore: new EncryptedCookieStore(
      await EncryptedCookieStore.generateKeysFromBase64([
        "cnNwJHcQHlHHB7+/zRYOJP/m0JEXxQpoGskCs8Eg+XI=",
      ]),
    ),
    UnsafeMemoryStore: new UnsafeMemoryStore(),
    UnsafeMemorySessionStore: new UnsafeMemorySessionStore(),
    RedisSessionStore: new RedisSessionStore({ getClient: () => redis.createClient() }),
  };
}

function validate(data: unknown): void {
  const isValid =
    typeof data === "object" &&
    data !== null &&
    "userId" in data &&
    typeof data.userId === "string";
  if (!isValid) throw new TypeError("This is not the data of a session.");
}
