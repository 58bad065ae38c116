import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import workerd from "workerd";
import { rounded } from "../statistics.mjs";
import { bundle, FOR_WORKERS } from "./bundle.mjs";
import { turns } from "./turns.mjs";
import { isRead } from "./visit.mjs";

const TIMEOUT_MS = 10_000;

/** What takes part. The first one is a worker without a session. */
const LIBRARIES = [
  peer("nothing", "nothing"),
  ours("encrypted", "EncryptedCookieStore"),
  ours("signed", "SignedCookieStore"),
  peer("react-router", "signed"),
  peer("hono-cookies", "signed"),
  peer("iron-session", "encrypted"),
  peer("h3", "encrypted"),
  peer("hono-sessions", "encrypted"),
  peer("hattip-session-0.0.49", "encrypted"),
];

function ours(kind, store) {
  return {
    contender: "./startup/this-package.mjs",
    kind,
    library: `import { session, ${store} } from "../dist/esm/workerd.js"; const library = { session, ${store} };`,
  };
}

function peer(id, kind) {
  return { contender: `./contenders/${id}.mjs`, kind, library: "const library = {};" };
}

function programOf({ contender, kind, library }) {
  return `${library}
    import { open } from "${contender}";
    import { worker } from "./startup/visit.mjs";
    export default worker(() => open("${kind}", library));`;
}

/** A contender imports clients of Redis, which need modules of Node; here it does not call them. */
const WITHOUT_REDIS = {
  name: "without Redis",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^redis/ }, ({ path }) => ({ path, namespace: "none" }));
    onLoad({ filter: /./, namespace: "none" }, () => ({ contents: "module.exports = {}" }));
  },
};

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(
    name = "worker",
    worker = (
      modules = [(name = "worker.mjs", esModule = embed "worker.mjs")],
      compatibilityDate = "2025-07-01",
    ),
  )],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")],
);
`;

/**
 * All libraries take turns in rounds, each time with a new workerd. The times are milliseconds until
 * workerd listens, until the first answer, and the CPU time until then.
 */
export async function measureOnWorkers(rounds) {
  const folder = mkdtempSync(join(tmpdir(), "session-startup-"));
  try {
    const workers = [];
    for (const library of LIBRARIES) workers.push(await prepare(library, folder));
    // The first start reads the files of workerd from the disk.
    for (const worker of workers) await start(worker);
    const results = workers.map(({ title, kind }) => {
      return { title, kind, times: { listen: [], answer: [], cpu: [] } };
    });
    for (const turn of turns(workers.length, rounds)) {
      const measured = await start(workers[turn]);
      for (const [name, time] of Object.entries(measured)) {
        results[turn].times[name].push(rounded(time));
      }
    }
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function prepare(library, parent) {
  const { title } = await import(`../${library.contender}`);
  const { kind } = library;
  const folder = mkdtempSync(join(parent, "worker-"));
  const contents = await bundle(programOf(library), { ...FOR_WORKERS, plugins: [WITHOUT_REDIS] });
  writeFileSync(join(folder, "worker.mjs"), contents);
  writeFileSync(join(folder, "config.capnp"), CONFIG);
  return { title, kind, folder };
}

async function start({ kind, folder }) {
  const from = performance.now();
  const server = spawn(workerd.default, ["serve", "--control-fd=3", "config.capnp"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  const ended = once(server, "exit");
  const stop = () => server.kill("SIGKILL");
  process.once("exit", stop);
  try {
    const url = await urlOf(server);
    const listen = performance.now() - from;
    const { cookie } = await request(url);
    const answer = performance.now() - from;
    const cpu = cpuTimeOf(server);
    if (kind !== "nothing" && !isRead(await request(url, { cookie })))
      throw new Error("The second visit has not read what the first one has written.");
    return { listen, answer, cpu };
  } finally {
    stop();
    process.off("exit", stop);
    await ended;
  }
}

/** workerd tells when it listens, and where. */
async function urlOf(server) {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const [message] = await once(server.stdio[3], "data", { signal });
  return `http://127.0.0.1:${JSON.parse(message).port}`;
}

async function request(url, headers) {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  return response.json();
}

/** Milliseconds of all threads. Linux counts them in nanoseconds. */
function cpuTimeOf({ pid }) {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => {
    const [nanoseconds] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ");
    return Number(nanoseconds);
  });
  return threads.reduce((sum, time) => sum + time, 0) / 1_000_000;
}
