import { BUSY, OURS_ON_WEB_CRYPTO } from "./cases.mjs";
import { MAIN_CASES, fieldOf, summary } from "./summary.mjs";
import { median } from "./statistics.mjs";
import { HEADINGS, lacksOf, micros, timesTable } from "./tables.mjs";
import { SIZES } from "./workload.mjs";

/** docs/performance.md: the answer, the picture, the main tables and the method. */
export function report({ measured, fields }) {
  const sections = MAIN_CASES.filter(({ kind }) => fieldOf(fields, kind)).map(({ kind, load }) =>
    section(fieldOf(fields, kind), load),
  );
  return `# What a session costs

${summary(fields)}

![Bars with the time of each library to read and to change a session: the tables below have the same figures](performance.svg)

\`${measured.command}\` has measured this on Node ${measured.node}, ${measured.processor}, ${measured.cores} cores, with the
built package and the [current versions](performance-appendix.md#versions) of the others. All times are microseconds
per request, in elapsed time. "Both, compared" is the time of a read and a write divided by that of this
package, with quartiles: below 1, the other is faster. [The appendix](performance-appendix.md) has more data, more
load, memory, and how the cost grows.

${sections.join("\n\n")}

${method(measured, fields)}
`;
}

function section({ kind, contenders }, load) {
  const onNode = contenders.filter(({ id }) => id !== OURS_ON_WEB_CRYPTO);
  const main = timesTable(onNode, load, ["lacks", lacksOf]);
  if (!load.inFlight) return `## ${HEADINGS[kind]}\n\n${main}`;
  return `## ${HEADINGS[kind]}

With ${load.inFlight} requests in flight, as on a busy server:

${main}

One request at a time. Most of this time, the process waits for Redis:

${timesTable(onNode, {}, ["lacks", lacksOf])}`;
}

function method({ rounds, milliseconds }, fields) {
  const nothing = fieldOf(fields, "nothing")?.contenders ?? [];
  const drivers = nothing.map(({ title, times }) => {
    return `${micros(median(times.anonymous))} µs for ${title.replace("no session: ", "")}`;
  });
  return `## How it is measured

- **The timed work** is that of the session: from a request whose Cookie header is not parsed yet, through the
  middleware and a handler that reads or changes one value, to the response with its Set-Cookie header.
- **Not timed** are the creation of requests, responses and contexts, the network between client and server, and
  garbage collection.
- **The data** are ${SIZES.small} bytes of JSON. Every client has its own session and sends the newest cookie that it has
  received, so no cache of cookies helps.
- **The floor** is minimal handwritten code on \`node:crypto\` or the Redis client, without the guarantees in the
  last column.
- **Only this package** sets \`Vary\` and \`Cache-Control\`, rejects data that JSON cannot represent, and detects
  changes of every kind. Its times include that.
- **The drivers** are included in all times: ${drivers.join(", ")}. cookie-session,
  express-session and @fastify/session get Node's \`IncomingMessage\` and \`ServerResponse\`, which cost less than the
  \`Request\` and \`Response\` of the others.
- **Each library is verified** first: it must return saved data, save changes, and reject a cookie with a changed
  character.
- **Rounds:** each library has processes of its own. In each of ${rounds} rounds, all take turns, ${milliseconds} ms each, in
  changing order. Times are medians of the rounds. A comparison is computed within each round; the median and the
  quartiles of these ratios are shown.
- **Web Crypto** does its work in other threads. Libraries that use it leave the main thread free for a part of their
  time, and are faster with [${BUSY} requests in flight](performance-appendix.md#64-requests-in-flight).
`.trimEnd();
}
