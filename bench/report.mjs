import { cpus } from "node:os";
import { CASES, IN_FLIGHT, nameOf, ON_WEB_CRYPTO } from "./comparison.mjs";
import { median, ratioOf } from "./statistics.mjs";

const LACKS = {
  e: "no expiry in the value: only the browser ends the session",
  a: "no absolute timeout beside the idle one",
  r: "no key rotation",
  n: "the value is not bound to the cookie's name",
  h: "the backend holds the ID itself, not a hash",
  c: "of two requests at once, one's changes are lost",
  o: "requests share the stored object itself, which is neither copied nor turned into text",
  s: "starts a session for every visitor who only looks",
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
  wall: "by the clock on the wall",
  cpu: "of CPU time, on all threads of the contender's process, so that other work of the machine does not count",
};

function introduction(command, { clock }) {
  return `# What a session costs

Made by \`${command}\` on Node ${process.version}, ${cpus()[0].model.trim()}, ${cpus().length} cores: the built package against its
peers and against what one would write by hand on \`node:crypto\`. Microseconds per request, ${CLOCKS[clock]}; less is better.

![The cost of a session, and how it grows](performance.svg)`;
}

/**
 * Read and write of small data, one request after the other; Redis with as many in flight
 * as keep its connection busy.
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
  return `Read / write of a session with 27 bytes of data:

${table(["", ...headings], rows)}`;
}

function method({ rounds, milliseconds }) {
  return `## How it is measured

- **What is timed** is the session's work: from a request that is there, with its Cookie header unparsed, through the middleware and a handler
  that reads one value or changes one, to the response with its Set-Cookie header. Requests, responses and contexts are made before the clock starts.
  Fetch-style contenders get a \`Request\` and a \`Response\` of Node's, Express-style ones Node's \`IncomingMessage\` and \`ServerResponse\`; nobody writes to a socket.
  In the tables, this package also does what no peer does: \`Vary\` and \`Cache-Control\`, the check of what JSON cannot keep, and the search for changes.
- **Data**: small is 27 bytes of JSON, medium 977. Every client has its own session and sends the newest cookie it got, so that no
  cache of cookies could help.
- **Each contender** is verified first (data comes back, changes come back, a changed character makes the session a fresh one), runs in a process of its own, and
  takes its turn in ${rounds} rounds of ${milliseconds} ms, in another order every time. The figures are medians of the rounds.
  A ratio is taken within each round; its quartiles stand behind it.
- Garbage is collected before each batch of requests and not within: the kilobytes that a request allocates are in a column of their own.`;
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
    return `${heading}The driver's share of every figure below. It has not been subtracted.\n\n${table(headers, times)}`;
  }
  const onWebCrypto = contenders.find(({ id }) => id === "hattip-session-web-crypto");
  return `${heading}${table(headers, times)}

The ratio of this package's time to theirs (below 1: this package is faster), with its quartiles:

${table(["", ...headers.slice(3)], ratiosOf(ours, others))}${
    onWebCrypto
      ? `

The same for this package on Web Crypto alone, against peers that also use it:

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

A write of this package, in microseconds, while one thing grows and everything else is small.

${table(["", "cost"], rows)}`;
}

function notes(fields) {
  const contenders = fields.flatMap((field) => field.contenders);
  const used = new Set(contenders.flatMap(({ lacks }) => [...lacks]));
  const legend = Object.entries(LACKS).filter(([letter]) => used.has(letter));
  const versions = new Set(contenders.flatMap((contender) => contender.versions));
  return `## Notes

Bytes are those of the cookie's value, with small and medium data; KB is what a write of medium data allocates. Contenders that do less are marked:
${legend.map(([letter, text]) => `${letter} = ${text}`).join("; ")}.

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
