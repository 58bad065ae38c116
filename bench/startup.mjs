import { title as ours } from "./startup/this-package.mjs";
import { measureOnNode } from "./startup/node.mjs";
import { measureOnWorkers } from "./startup/workerd.mjs";
import { median, quantile } from "./statistics.mjs";
import { table } from "./tables.mjs";

/** In a round, each library answers one request only: so these need more rounds than the others. */
const TIMES_AS_MANY = 2;

/** Takes two minutes, if `rounds` is 9. */
export async function measureStartUp({ rounds, log }) {
  const node = await measureOnNode(rounds * TIMES_AS_MANY);
  log("start-up on Node");
  const workers = await measureOnWorkers(rounds * TIMES_AS_MANY);
  log("start-up on Workers");
  return { node, workers };
}

/** A section of the appendix. */
export function startUp({ node, workers }) {
  return ["## Start-up", onNode(node), onWorkers(workers)].join("\n\n");
}

function onNode(libraries) {
  const rows = byAnswer(libraries).map(({ title, kind, build, files, times }) => [
    titleOf({ title, kind, build }),
    spread(times.import),
    spread(times.answer),
    spread(times.cpu),
    files,
  ]);
  const rounds = libraries[0].times.answer.length;
  return `### On Node

Milliseconds, with quartiles, until an app has imported its session library, and until it has also answered its first
request, which begins a session. In each of ${rounds} rounds, every library has a new process. The files are those
that the import loads.

- **Not timed** is what a server does without a session: the process has loaded \`node:http\` and \`Request\`, and has
  answered a request.
- **Timed** is a framework that the library is a part of or cannot do without: Fastify, h3, Hono, React Router. The row
  about Fastify alone shows its part.

${table(["", "import", "and first answer", "CPU time", "files"], rows)}`;
}

function onWorkers([empty, ...libraries]) {
  const rows = byAnswer(libraries.map((library) => beyond(library, empty))).map(
    ({ title, kind, times }) => [
      titleOf({ title, kind }),
      spread(times.listen),
      spread(times.answer),
      spread(times.cpu),
    ],
  );
  const [listen, answer, cpu] = ["listen", "answer", "cpu"].map((name) =>
    median(empty.times[name]),
  );
  return `### On Workers

Milliseconds that a worker with a session takes longer than one without, with quartiles: from the start of workerd until
it listens, and until it has answered its first request, which begins a session. In each of
${empty.times.answer.length} rounds, every library has a new workerd, with its own bundle. Without a session, workerd listens
after ${ms(listen)} ms and has answered after ${ms(answer)} ms, with ${ms(cpu)} ms of CPU time.

${table(["", "listens", "first answer", "CPU time"], rows)}`;
}

function byAnswer(libraries) {
  return libraries.toSorted((a, b) => median(a.times.answer) - median(b.times.answer));
}

function titleOf({ title, kind, build }) {
  if (kind === "nothing") return title;
  const detail = build ? `${kind}, ${build}` : kind;
  return `${title === ours ? `**${title}**` : title}, ${detail}`;
}

/** What the library takes longer, round by round: both had the same load of the machine. */
function beyond(library, empty) {
  const times = Object.entries(library.times).map(([name, values]) => [
    name,
    values.map((time, round) => time - empty.times[name][round]),
  ]);
  return { ...library, times: Object.fromEntries(times) };
}

function spread(times) {
  return `${ms(median(times))} (${ms(quantile(times, 0.25))}–${ms(quantile(times, 0.75))})`;
}

function ms(time) {
  const text = time.toFixed(1);
  return text === "-0.0" ? "0.0" : text.replace("-", "−");
}
