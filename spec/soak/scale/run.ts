// Lets crowds of visitors send their requests at the same moment. See README.md beside this file.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { RedisSessionStore } from "../../../lib/node.js";
import { RedisServer } from "../../support/redis-server.js";
import { clientsOn, type RedisClientKind } from "../../support/redis-clients.js";
import { markdownTable } from "../redis/table.js";
import { Crowd } from "./crowd.js";

const TIMEOUT_SECONDS = 2;
const PATIENT_SECONDS = 30;
/** Visitors who come after the rush. */
const FEW = 100;

/** The machine keeps up with the first crowd, and not with the others. */
const CROWDS = [
  { visitors: 5_000, requestsEach: 1, isOverload: false },
  { visitors: 20_000, requestsEach: 1, isOverload: true },
  { visitors: 20_000, requestsEach: 3, isOverload: true },
];

const violations: string[] = [];
const rows: string[][] = [];
for (const client of clientsOn("one node")) {
  for (const crowd of CROWDS) rows.push(await rush(client, crowd));
}
const headings = ["visitors, requests of each", "time-outs", "longest", "loop late", "connections"];
console.log(markdownTable(["client", ...headings], rows));
for (const violation of violations) console.log(`✗ ${violation}`);
process.exit(violations.length > 0 ? 1 : 0);

async function rush(
  client: RedisClientKind,
  { visitors, requestsEach, isOverload }: (typeof CROWDS)[number],
): Promise<string[]> {
  const server = await RedisServer.start();
  const open = (timeout: number) =>
    new RedisSessionStore({
      timeout,
      getClient: () => client.create({ nodes: [server], stop: () => server.stop() }),
    });
  const before = await connectionsTo(server);
  const store = open(TIMEOUT_SECONDS);
  const crowd = await Crowd.of(visitors, store);
  const others = await Crowd.of(FEW, store);
  const lateness = monitorEventLoopDelay();
  lateness.enable();

  const tally = await crowd.rush(requestsEach, store);
  const after = await others.rush(1, store);
  // Without the one of the second question itself.
  const opened = (await connectionsTo(server)) - before - 1;
  await store.close();
  const patient = open(PATIENT_SECONDS);
  const found = await crowd.look(patient);
  await patient.close();
  await server.stop();

  const title = `${client.title}, ${visitors} × ${requestsEach}`;
  const check = (isRight: boolean, what: string) => isRight || violations.push(`${title}: ${what}`);
  check(isOverload || tally.failures === 0, `${tally.causes()}, although the machine keeps up`);
  check(tally.otherFailures === 0, `other errors than time-outs: ${tally.causes()}`);
  check(after.failures === 0, `errors after the rush: ${after.causes()}`);
  check(opened === 1, `${opened} connections`);
  const wrongs = [...tally.wrongs, ...found.wrongs];
  check(wrongs.length === 0, `${wrongs.length} sessions are not as their visitors know them`);
  check(found.failures === 0, `sessions could not be read: ${found.causes()}`);
  const milliseconds = (time: number) => `${Math.round(time)} ms`;
  return [
    client.title,
    `${visitors}, ${requestsEach}`,
    `${tally.failures} of ${tally.requests}`,
    milliseconds(tally.longestMs),
    milliseconds(lateness.max / 1e6),
    String(opened),
  ];
}

/** How many connections the server has received, with that of this question. */
async function connectionsTo(server: RedisServer): Promise<number> {
  const stats = await server.cli("INFO", "stats");
  return Number(/total_connections_received:(\d+)/.exec(stats)![1]);
}
