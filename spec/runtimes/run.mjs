// Runs one Hattip app with the packed project on every runtime. Each runtime reads the tokens that
// the others have issued.
import { startRedis } from "../../bench/redis-server.mjs";
import { installProject } from "./project.mjs";
import { Report } from "./report.mjs";
import { runtimes } from "./runtimes.mjs";
import { issueTokens, readToken, redisStores, scenario } from "./scenario.mjs";
import { Visitor } from "./visitor.mjs";

for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const columns = ["start", ...scenario.map(({ name }) => name), "issue", "read all"];
const report = new Report(
  runtimes.map(({ name }) => name),
  columns,
);

setTimeout(() => finish("The run was stopped after ten minutes."), 600_000).unref();

const folder = await installProject();
const redis = await startRedis();
const started = [];
const tokens = [];

for (const runtime of runtimes) {
  const { name, install, hasRedis, hasCookies } = runtime;
  const server = await check(
    name,
    "start",
    30,
    () => runtime.start(folder, redis.url),
    `installed by: ${install}`,
  );
  if (!server) continue;

  const visit = (store, token) => new Visitor(server.send, store, token);
  started.push({ name, visit, stop: server.stop });
  for (const { name: column, stores, run, needsCookies } of scenario) {
    if (needsCookies && !hasCookies) {
      report.leaveOut(name, column);
      continue;
    }
    await check(name, column, 20, async () => {
      for (const store of stores) {
        if (hasRedis || !redisStores.includes(store)) await namingStore(store, run(visit, store));
      }
    });
  }
  await check(name, "issue", 10, async () => tokens.push(...(await issueTokens(visit, name))));
}

for (const { name, visit } of started) {
  await check(name, "read all", 20, async () => {
    const unread = [];
    for (const token of tokens) {
      await readToken(visit, token).catch(() => unread.push(`${token.store} of ${token.name}`));
    }
    if (unread.length > 0) throw new Error(`cannot read the tokens ${unread.join(", ")}`);
  });
}

await Promise.all(started.map(({ stop }) => stop()));
await redis.stop();
finish();

/** Reports whether `run` succeeds in time, and returns its result. */
async function check(runtime, column, seconds, run, hint = "") {
  let timer;
  const timeout = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`not done after ${seconds} seconds`)),
      seconds * 1000,
    );
  });
  try {
    const result = await Promise.race([run(), timeout]);
    report.pass(runtime, column);
    return result;
  } catch (error) {
    report.fail(runtime, column, [error.message, hint].filter(Boolean).join("\n"));
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** Adds the name of the store to the error. */
async function namingStore(store, work) {
  try {
    return await work;
  } catch (error) {
    throw new Error(`${store}: ${error.message}`, { cause: error });
  }
}

function finish(problem) {
  if (problem) console.log(problem);
  const passed = report.print();
  process.exit(passed && !problem ? 0 : 1);
}
