// Visits an app whose sessions are in Redis, has Redis killed, visits again, and lives on for a
// while. Arguments: the URL of the server, its process ID.
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "redis";
import { RedisSessionStore } from "../../../lib/index.js";
import { app } from "../app.js";
import { Browser } from "../browser.js";

const [url, pid] = process.argv.slice(2);
const store = new RedisSessionStore({ getClient: () => createClient({ url: url! }) });
const visited = app(
  { store, defaultSessionData: { hits: 0 } },
  { "/visit": (ctx) => ++ctx.session.data.hits },
);
const browser = new Browser(visited);

console.log((await browser.post("/visit")).status);
process.kill(Number(pid), "SIGKILL");
await sleep(200);
console.log((await browser.post("/visit")).status);
// Time enough for the client to try, and fail, to connect again and again.
await sleep(1000);
console.log("alive");
process.exit();
