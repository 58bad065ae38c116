// Visits an app whose sessions are in Redis, kills Redis, visits the app again and keeps running
// for a while. Its arguments are the URL and the process ID of the server.
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "redis";
import { RedisSessionStore } from "../../../lib/node.js";
import { app } from "../app.js";
import { Browser } from "../browser.js";
import { PATIENT } from "../patient.js";

const [url, pid] = process.argv.slice(2);
const store = new RedisSessionStore({
  timeout: PATIENT,
  getClient: () => createClient({ url: url! }),
});
const visited = app(
  { store, defaultSessionData: { hits: 0 } },
  { "/visit": (ctx) => ++ctx.session.data.hits },
);
const browser = new Browser(visited);

console.log((await browser.post("/visit")).status);
process.kill(Number(pid), "SIGKILL");
await sleep(200);
console.log((await browser.post("/visit")).status);
// The client has time to fail to reconnect several times.
await sleep(1000);
console.log("alive");
process.exit();
