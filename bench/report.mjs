import { cpus } from "node:os";
import { CASES, IN_FLIGHT, nameOf } from "./comparison.mjs";
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

function introduction(command, { rounds, milliseconds, clock }) {
  return `# What a session costs

Made by \`${command}\` on Node ${process.version}, ${cpus()[0].model.trim()}, ${cpus().length} cores: the built package against its
peers and against what one would write by hand on \`node:crypto\`. Microseconds per request, ${CLOCKS[clock]}; less is better.

![The cost of a session, and how it grows](performance.svg)

- **What is timed** is the session's work: from a request that is there, with its Cookie header unparsed, through the middleware and a handler
  that reads one value or changes one, to the response with its Set-Cookie header. Requests, responses and contexts are made before the clock starts.
  Fetch-style contenders get a \`Request\` and a \`Response\` of Node's, Express-style ones Node's \`IncomingMessage\` and \`ServerResponse\`; nobody writes to a socket.
  In the tables, this package also does what no peer does: \`Vary\` and \`Cache-Control\`, the check of what JSON cannot keep, and the search for changes.
- **Data**: small is 27 bytes of JSON, medium 977. Every client has its own session and sends the newest cookie it got, so that no
  cache of cookies could help.
- **Each contender** is verified first (data come back, changes come back, a changed character makes the session a fresh one), runs in a process of its own, and
  takes its turn in ${rounds} rounds of ${milliseconds} ms, in another order every time. The figures are medians of the rounds.
  A ratio is taken within each round; its quartiles stand behind it.
- Garbage is collected before each batch of requests and not within: the kilobytes that a request allocates stand in a column of their own.`;
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
  const ratios = others.map((other) => [
    titleOf(other),
    ...cases.map(({ name }) => {
      const { median: middle, low, high } = ratioOf(ours.times[name], other.times[name]);
      return `**${middle.toFixed(2)}** ${low.toFixed(2)}–${high.toFixed(2)}`;
    }),
  ]);
  const heading = `## ${HEADINGS[kind]}\n\n`;
  if (kind === "nothing") {
    return `${heading}What of all figures below is the driver's. It is in them: nothing has been subtracted.\n\n${table(headers, times)}`;
  }
  return `${heading}${table(headers, times)}

This package's time as a share of theirs:

${table(["", ...headers.slice(3)], ratios)}`;
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
