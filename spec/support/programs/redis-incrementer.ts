// One process of an app: takes update() after update() to the sessions it is given, and tells of
// each that was acknowledged. Arguments: the URL of the server, how many updates (all of them at
// once, a few at a time), and the IDs of the sessions.
import { createClient } from "redis";
import { RedisSessionStore, SessionError } from "../../../lib/index.js";
import { app } from "../app.js";
import { Browser } from "../browser.js";

const [url, count, ...ids] = process.argv.slice(2);
const store = new RedisSessionStore({ getClient: () => createClient({ url: url! }) });
const counted = app(
  { store, defaultSessionData: {} },
  {
    "/count": async (ctx) => {
      await ctx.session.update((data) => {
        data.count++;
      });
      // Acknowledged: written down before anything else can happen.
      process.stdout.write(`${ctx.url.searchParams.get("session")}\n`);
    },
  },
);

let left = Number(count);
async function work(): Promise<void> {
  while (left-- > 0) {
    const session = Math.floor(Math.random() * ids.length);
    const browser = new Browser(counted);
    await browser.post(`/count?session=${session}`, { cookie: `session=${ids[session]}` });
  }
}
await Promise.all(Array.from({ length: 4 }, work));

// Losing too often is no error of the store: it has acknowledged nothing.
const failures = counted.errors.filter(
  (error) => !(error instanceof SessionError && error.code === "ERR_SESSION_CONFLICT"),
);
if (failures.length > 0) console.error(failures[0]);
process.exit(failures.length > 0 ? 1 : 0);
