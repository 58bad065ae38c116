// Imports one library, and answers one request with it, in a process of its own. Prints how long
// both took. The work of a server is not timed: its modules are loaded, and it has answered a
// request without a session.
import { Session } from "node:inspector";
import { createRequire } from "node:module";
import { open as openNothing } from "../contenders/nothing.mjs";
import { expressExchange } from "../drivers/express.mjs";
import { isRead, visit } from "./visit.mjs";

const { imports, contender, kind, isCommonJs, isCounted } = JSON.parse(process.argv[2]);

await visit(openNothing());
expressExchange();
const files = new Set();
if (isCounted) noteFiles();

const load = isCommonJs ? createRequire(import.meta.url) : (module) => import(module);

const start = now();
const [library] = await Promise.all(imports.map((module) => load(module)));
const imported = now();
const count = files.size;
// The file of a contender may import more, for example the clients of all its stores.
const { open } = await import(contender);
const opened = now();
const app = await open(kind, library);
const { cookie } = await visit(app);
const answered = now();

if (kind !== "nothing" && !isRead(await visit(app, cookie))) {
  throw new Error("The second visit has not read what the first one has written.");
}
const passed = (clock) => ({
  import: imported[clock] - start[clock],
  answer: imported[clock] - start[clock] + answered[clock] - opened[clock],
});
console.log(JSON.stringify({ files: count, elapsed: passed("elapsed"), cpu: passed("cpu") }));
process.exit();

/** Milliseconds. */
function now() {
  const { user, system } = process.cpuUsage();
  return { elapsed: performance.now(), cpu: (user + system) / 1000 };
}

/** Both loaders of Node tell the debugger of each file. */
function noteFiles() {
  const session = new Session();
  session.connect();
  session.on("Debugger.scriptParsed", ({ params: { url } }) => {
    if (url.startsWith("file:")) files.add(url);
  });
  session.post("Debugger.enable");
  files.clear();
}
