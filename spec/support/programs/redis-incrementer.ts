// One process of an app. It calls update() on random sessions, four calls at a time, and prints a
// line for each acknowledged update. Its arguments are the URL of the server, the number of updates
// and the IDs of the sessions.
import { createClient } from "redis";
import { RedisSessionStore, SessionError } from "../../../lib/node.js";
import { app } from "../app.js";
import { Browser } from "../browser.js";
import { PATIENT } from "../patient.js";

const [url, count, ...ids] = process.argv.slice(2);
const store = new RedisSessionStore({
  timeout: PATIENT,
  getClient: () => createClient({ url: url! }),
});
const counted = app(
  { store, defaultSessionData: {} },
  {
    "/count": async (ctx) => {
      await ctx.session.update((data) => {
        data.count++;
      });
      // The update is acknowledged. Print it before anything else can happen.
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

// A conflict after the last attempt is not an error: that update was never acknowledged.
const failures = counted.errors.filter(
  (error) => !(error instanceof SessionError && error.code === "ERR_SESSION_CONFLICT"),
);
if (failures.length > 0) console.error(failures[0]);
process.exit(failures.length > 0 ? 1 : 0);
