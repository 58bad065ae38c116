import fastifyCookie from "@fastify/cookie";
import fastifySession from "@fastify/session";
import { RedisStore } from "connect-redis";
import { createClient } from "redis";
import { setCookiesOf } from "../drivers/express.mjs";
import { fastifyHandler } from "../drivers/fastify.mjs";
import { objectActions } from "../workload.mjs";

export const title = "@fastify/session";
export const packages = ["@fastify/session", "@fastify/cookie", "connect-redis", "fastify"];
export const kinds = ["memory", "redis"];
export const lacks = { memory: "hcao", redis: "hca" };

export async function open(kind, { redisUrl }) {
  const client = kind === "redis" ? createClient({ url: redisUrl }) : undefined;
  await client?.connect();
  const options = {
    cookieName: "session",
    secret: "a secret of 32 characters or more",
    store: client ? new RedisStore({ client }) : undefined,
    rolling: false,
    saveUninitialized: false,
    cookie: { maxAge: 86_400_000, secure: true, sameSite: "lax" },
  };
  const { exchange, handle, close } = await fastifyHandler(async (app) => {
    await app.register(fastifyCookie);
    await app.register(fastifySession, options);
  });
  return {
    actions: {
      ...objectActions((session) => session),
      dump(session) {
        const { cookie: _, ...data } = JSON.parse(JSON.stringify(session));
        return data;
      },
    },
    exchange,
    setCookiesOf,
    handle,
    async close() {
      await close();
      client?.destroy();
    },
  };
}
