// A Worker whose sessions are in Redis. Its bindings are REDIS_URL and REDIS_LIBRARY, the name of
// the client library.
import cloudflareWorkersAdapter from "@hattip/adapter-cloudflare-workers/no-static";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { RedisSessionStore, type RedisClient } from "../../../lib/node.js";
import { app } from "../app.js";
import { PATIENT } from "../patient.js";

const libraries: Record<string, (url: string) => RedisClient> = {
  "node-redis": (url) => createClient({ url }),
  ioredis: (url) => new Redis(url, { lazyConnect: true }),
};
const store = new RedisSessionStore({
  perRequest: true,
  timeout: PATIENT,
  owner: (data) => data["user"],
  getClient: (ctx) => libraries[ctx.env("REDIS_LIBRARY")!]!(ctx.env("REDIS_URL")!),
});
const counted = app(
  { store, defaultSessionData: { count: 0 } },
  {
    "/": (ctx) => ctx.session.data,
    "/count": (ctx) => void ctx.session.data.count++,
    "/add": (ctx) => ctx.session.update((data) => void data.count++),
    "/login": async (ctx) => {
      await ctx.session.regenerate();
      ctx.session.data.user = "ada";
    },
    "/logout": (ctx) => ctx.session.destroy(),
    "/sessions": async (ctx) => (await store.sessionsOf("ada", { ctx })).length,
    "/end-others": (ctx) => store.endSessionsOf("ada", { except: ctx.session, ctx }),
  },
);

export default { fetch: cloudflareWorkersAdapter(counted) };
