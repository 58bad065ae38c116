// Prints the files of lib/ of which at least one function runs in a request that changes an existing
// session, by V8's own coverage. Code at the top level of a module, which runs when it is loaded,
// does not count. Its argument is the URL of a Redis server; without one, a signed cookie holds the
// session.
import { expect } from "chai";
import { Session } from "node:inspector/promises";
import { createClient } from "redis";
import { RedisSessionStore, SignedCookieStore } from "../../../lib/node.js";
import { app } from "../app.js";
import { Browser } from "../browser.js";
import { PATIENT } from "../patient.js";

interface FunctionCoverage {
  readonly ranges: { readonly startOffset: number; readonly count: number }[];
}

const LIB = new URL("../../../lib/", import.meta.url).href;

const [url] = process.argv.slice(2);
const store = url
  ? new RedisSessionStore({ timeout: PATIENT, getClient: () => createClient({ url }) })
  : new SignedCookieStore([await SignedCookieStore.generateKey()]);
const site = app(
  { store, defaultSessionData: { visits: 0 } },
  { "/": ({ session: { data } }) => ++data.visits },
);
const browser = new Browser(site);
for (let visit = 1; visit <= 3; visit++) await browser.get("/");

const inspector = new Session();
inspector.connect();
await inspector.post("Profiler.enable");
await inspector.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
expect(await (await browser.get("/")).json()).to.equal(4);
const { result } = await inspector.post("Profiler.takePreciseCoverage");
const files = result
  .filter((script) => script.url.startsWith(LIB) && script.functions.some(hasRun))
  .map((script) => script.url.slice(LIB.length));
console.log(JSON.stringify(files));
process.exit();

function hasRun({ ranges: [range] }: FunctionCoverage): boolean {
  const isModule = range!.startOffset === 0;
  return range!.count > 0 && !isModule;
}
