import bunAdapter from "@hattip/adapter-bun";
import { compose } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import * as library from "@hattip/session";
import { createApp } from "./app.mjs";
import { redisClients } from "./redis-clients.mjs";

const app = await createApp({ compose, cookie, library, redisClients });
const server = Bun.serve({ ...bunAdapter(app), hostname: "127.0.0.1", port: 0 });
console.log(`port ${server.port}`);
