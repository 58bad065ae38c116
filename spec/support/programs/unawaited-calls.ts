// Calls destroy(), regenerate() and update() without awaiting them, first when Redis dies while the
// handler runs, and then when Redis is down already. Prints the status of each response, and that
// the process is alive. Its arguments are the URL of a Redis server, its process ID and a method.
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "redis";
import { RedisSessionStore, type Session } from "../../../lib/node.js";
import { app } from "../app.js";
import { Browser } from "../browser.js";
import { PATIENT } from "../patient.js";

const [url, pid, method] = process.argv.slice(2);
const calls: Record<string, (session: Session) => unknown> = {
  destroy: (session) => session.destroy(),
  regenerate: (session) => session.regenerate(),
  update: (session) => session.update((data) => void data.hits++),
};
let isKilled = false;

const store = new RedisSessionStore({
  timeout: PATIENT,
  getClient: () => createClient({ url: url! }),
});
const site = app(
  { store, defaultSessionData: { hits: 0 } },
  {
    "/visit": (ctx) => void ctx.session.data.hits++,
    "/call": async (ctx) => {
      if (!isKilled) process.kill(Number(pid), "SIGKILL");
      isKilled = true;
      await sleep(200);
      void calls[method!]!(ctx.session);
      return new Response("It is done.");
    },
  },
);
const browser = new Browser(site);

console.log((await browser.post("/visit")).status);
for (let request = 1; request <= 2; request++) {
  console.log((await browser.post("/call")).status);
}
// An unhandled rejection ends the process a moment later.
await sleep(200);
console.log("alive");
process.exit();
