import { cpus } from "node:os";
import { CASES, IN_FLIGHT, nameOf, ON_WEB_CRYPTO } from "./comparison.mjs";
import { median, ratioOf } from "./statistics.mjs";

const LACKS = {
  e: "no expiry in the value: only the browser ends the session",
  a: "no absolute timeout in addition to the idle timeout",
  r: "no key rotation",
  n: "the value is valid under any cookie name",
  h: "the backend stores the session ID itself instead of a hash",
  c: "if two concurrent requests change a session, the changes of one are lost",
  o: "all requests share the stored object, which is neither copied nor serialized",
  s: "starts a session for every visitor, even if the handler writes no data",
};

const HEADINGS = {
  nothing: "No session at all",
  signed: "Signed cookies",
  encrypted: "Encrypted cookies",
  unsigned: "Unsigned cookies",
  memory: "In memory",
  redis: "In Redis",
};

export function report({ fields, lines, settings, command }) {
  return `${[
    introduction(command, settings),
    summary(fields.filter(({ kind }) => kind !== "nothing" && kind !== "unsigned")),
    method(settings),
    ...fields.map(section),
    lines.length > 0 && growth(lines),
    notes(fields),
  ]
    .filter(Boolean)
    .join("\n\n")}\n`;
}

const CLOCKS = {
  wall: "in elapsed time",
  cpu: "in CPU time of all threads of the contender's process, so that other load on the machine does not count",
};

function introduction(command, { clock }) {
  return `# What a session costs

\`${command}\` has measured this on Node ${process.version}, ${cpus()[0].model.trim()}, ${cpus().length} cores. It compares the built
package with its peers and with minimal handwritten code on \`node:crypto\`. The figures are microseconds per request, ${CLOCKS[clock]}. Less is better.

![The cost of a session, and how it grows](performance.svg)`;
}

/**
 * The times to read and write small data, one request at a time. Redis has enough requests in
 * flight to keep its connection busy.
 */
function summary(fields) {
  const inFlightOf = (kind) => (kind === "redis" ? IN_FLIGHT.at(-1) : IN_FLIGHT[0]);
  const titles = new Set(fields.flatMap(({ contenders }) => contenders.map(({ title }) => title)));
  const rows = [...titles].map((title) => [
    title,
    ...fields.map(({ kind, contenders }) => {
      const contender = contenders.find((one) => one.title === title);
      if (!contender) return "";
      const inFlight = inFlightOf(kind);
      return ["read", "write"]
        .map((action) =>
          format(median(contender.times[nameOf({ action, size: "small", inFlight })])),
        )
        .join(" / ");
    }),
  ]);
  const headings = fields.map(({ kind }) => {
    const inFlight = inFlightOf(kind);
    return `${HEADINGS[kind]}${inFlight === 1 ? "" : `, ${inFlight} in flight`}`;
  });
  return `The time to read / write a session with 27 bytes of data:

${table(["", ...headings], rows)}`;
}

function method({ rounds, milliseconds }) {
  return `## How it is measured

- **The timed work** is the work of the session. It starts with a request whose Cookie header is not parsed yet. It includes the middleware and a handler
  that reads or changes one value. It ends with the response and its Set-Cookie header. Requests, responses and contexts are created before the clock starts.
  Fetch-style contenders use Node's \`Request\` and \`Response\`. Express-style contenders use Node's \`IncomingMessage\` and \`ServerResponse\`. No contender writes to a socket.
  The times of this package include work that no peer does: it sets \`Vary\` and \`Cache-Control\`, rejects data that JSON cannot represent, and detects changes.
- **The data** are 27 bytes of JSON (small) or 977 bytes (medium). Every client has its own session and sends the newest cookie that it has received, so a
  cache of cookies would not help.
- **Each contender** is verified first: it must return saved data, save changes, and reject a cookie with a changed character. It then runs in a process of its own,
  in ${rounds} rounds of ${milliseconds} ms. The order of the contenders changes from round to round. The figures are medians of the rounds.
  The ratios are computed within each round, and are given with their quartiles.
- **Garbage** is collected before each batch of requests, not within it. A separate column shows the kilobytes that a request allocates.`;
}

function section({ kind, contenders }) {
  const [ours, ...others] = contenders;
  const cases = CASES.map((one) => ({ ...one, name: nameOf(one) }));
  const headers = ["", "bytes", "KB", "anonymous"];
  for (const inFlight of IN_FLIGHT) {
    const suffix = inFlight === 1 ? "" : `, ${inFlight} in flight`;
    for (const size of ["small", "medium"]) {
      for (const action of ["read", "write"]) headers.push(`${action} ${size}${suffix}`);
    }
  }
  const times = contenders.map((contender) => [
    titleOf(contender),
    kind === "nothing" ? "" : `${contender.bytes.small} / ${contender.bytes.medium}`,
    (median(contender.allocated["write medium 1"]) / 1024).toFixed(1),
    ...cases.map(({ name }) => format(median(contender.times[name]))),
  ]);
  const heading = `## ${HEADINGS[kind]}\n\n`;
  if (kind === "nothing") {
    return `${heading}Every figure below includes this time of the driver.\n\n${table(headers, times)}`;
  }
  const onWebCrypto = contenders.find(({ id }) => id === "hattip-session-web-crypto");
  return `${heading}${table(headers, times)}

The time of this package divided by the time of the peer, with quartiles (below 1: this package is faster):

${table(["", ...headers.slice(3)], ratiosOf(ours, others))}${
    onWebCrypto
      ? `

The same ratio for this package with only Web Crypto, compared with peers that also use Web Crypto:

${table(
  ["", ...headers.slice(3)],
  ratiosOf(
    onWebCrypto,
    others.filter(({ id }) => ON_WEB_CRYPTO.includes(id)),
  ),
)}`
      : ""
  }`;
}

function ratiosOf(ours, others) {
  return others.map((other) => [
    titleOf(other),
    ...CASES.map((one) => {
      const name = nameOf(one);
      const { median: middle, low, high } = ratioOf(ours.times[name], other.times[name]);
      return `**${middle.toFixed(2)}** ${low.toFixed(2)}–${high.toFixed(2)}`;
    }),
  ]);
}

function growth(lines) {
  const rows = lines.map(({ title, points }) => [
    title,
    points.map(({ x, time }) => `${x.toLocaleString("en")}: ${format(time)}`).join(" · "),
  ]);
  return `## How cost grows

The time of a write of this package, in microseconds, while one quantity grows and all others are small.

${table(["", "cost"], rows)}`;
}

function notes(fields) {
  const contenders = fields.flatMap((field) => field.contenders);
  const used = new Set(contenders.flatMap(({ lacks }) => [...lacks]));
  const legend = Object.entries(LACKS).filter(([letter]) => used.has(letter));
  const versions = new Set(contenders.flatMap((contender) => contender.versions));
  return `## Notes

The column "bytes" has the length of the cookie's value with small and with medium data. The column "KB" has the memory that a write of medium data allocates.
Letters mark contenders that do less: ${legend.map(([letter, text]) => `${letter} = ${text}`).join("; ")}.

Versions: ${[...versions].toSorted((a, b) => a.localeCompare(b)).join(", ")}.`;
}

function titleOf({ title, lacks }) {
  return lacks ? `${title} (${[...lacks].join(", ")})` : title;
}

function table(headers, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(headers), line(headers.map(() => "---")), ...rows.map(line)].join("\n");
}

function format(time) {
  return time < 100 ? time.toFixed(1) : Math.round(time).toLocaleString("en");
}
