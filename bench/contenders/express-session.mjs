import { RedisStore } from "connect-redis";
import expressSession from "express-session";
import { createClient } from "redis";
import { expressExchange, expressHandler, setCookiesOf } from "../drivers/express.mjs";
import { objectActions } from "../workload.mjs";

export const title = "express-session";
export const packages = ["express-session", "connect-redis", "redis"];
export const kinds = ["memory", "redis"];
export const lacks = { memory: "hca", redis: "hca" };

export async function open(kind, { redisUrl }) {
  const client = kind === "redis" ? createClient({ url: redisUrl }) : undefined;
  await client?.connect();
  const middleware = expressSession({
    name: "session",
    secret: "a secret of 32 characters or more",
    store: client ? new RedisStore({ client }) : new expressSession.MemoryStore(),
    resave: false,
    saveUninitialized: false,
    cookie: { maxAge: 86_400_000, secure: true, sameSite: "lax" },
  });
  const actions = objectActions((req) => req.session);
  return {
    actions: {
      ...actions,
      dump(req) {
        const { cookie: _, ...data } = actions.dump(req);
        return data;
      },
    },
    exchange: expressExchange,
    setCookiesOf,
    handle: expressHandler(middleware),
    close: () => client?.destroy(),
  };
}
