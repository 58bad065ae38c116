import { createServeHandler } from "@hattip/adapter-deno";
import { compose } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import * as library from "@hattip/session";
import { createApp } from "./app.mjs";
import { redisClients } from "./redis-clients.mjs";

const app = await createApp({ compose, cookie, library, redisClients });
Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(`port ${port}`) },
  createServeHandler(app),
);
