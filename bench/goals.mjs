import { BUSY, FLOOR, OURS, OURS_ON_WEB_CRYPTO, nameOf } from "./cases.mjs";
import { median, ratioOf } from "./statistics.mjs";
import { fieldOf } from "./summary.mjs";
import { digits, HEADINGS, table } from "./tables.mjs";

const OLDER = "hattip-session-0.0.49";

/** The most CPU time that a request may take, divided by that of another contender. */
const TIMES = [
  { kind: "signed", other: FLOOR, small: [2, 2.3], medium: [2, 2.3] },
  { kind: "encrypted", other: FLOOR, small: [2, 2.3], medium: [2, 2.3] },
  { kind: "encrypted", other: "fastify-secure-session", small: [1.8, 1.8], medium: [1.6, 1.6] },
  { kind: "memory", other: OLDER, small: [1, 1], medium: [1, 1] },
  { kind: "redis", other: OLDER, small: [1, 1.2], medium: [1, 1.2], inFlight: BUSY },
];
/** The same, for a request without a session, beside the fastest of all that look for one. */
const ANONYMOUS = 1.2;
/** The most kilobytes that a request may allocate, divided by those of the floor. */
const KILOBYTES = 1.3;

const CASES = ["small", "medium"].flatMap((size) =>
  ["read", "write"].map((action) => ({ action, size })),
);

/** A section of the appendix: what this package aims at, and what it reaches. */
export function goals(fields) {
  const measured = fields.filter(({ kind }) => kind !== "nothing");
  return `## Goals

What this package takes, divided by what another contender takes, with the goal ("at most") of each row. **Bold**
is over the goal.

### CPU time

Of the whole process, so other load on the machine does not count. The ratios are computed within each round; these are
their medians and quartiles. Where ${BUSY} requests are in flight, the name says so.

${table(
  ["read, write", ...CASES.map(({ action, size }) => `${size} ${action}`)],
  TIMES.flatMap((goal) => timesRow(goal, fieldOf(fields, goal.kind))),
)}

A request without a cookie whose handler does not use the session, beside the fastest of the others that look for one:

${table(["no session", "fastest", `at most ${ANONYMOUS}`], measured.map(anonymousRow))}

### Allocated bytes

Beside the floor, one request at a time, at most ${KILOBYTES}:

${table(["", ...CASES.map(({ action, size }) => `${size} ${action}`)], measured.map(kilobytesRow))}`;
}

function timesRow({ kind, other, inFlight = 1, ...limits }, field) {
  if (!field) return [];
  const [ours] = field.contenders;
  const theirs = contenderOf(field, other);
  const [read, write] = limits.small;
  const [mediumRead, mediumWrite] = limits.medium;
  const most = [`${read}, ${write}`, `${mediumRead}, ${mediumWrite}`];
  const load = inFlight === 1 ? "" : `, ${inFlight} in flight`;
  const title = `${HEADINGS[kind]}${load} / ${theirs.title}: at most ${[...new Set(most)].join("; ")}`;
  const cells = CASES.map(({ action, size }) => {
    const name = nameOf({ action, size, inFlight });
    const limit = limits[size][action === "read" ? 0 : 1];
    return judged(ratioOf(ours.cpu[name], theirs.cpu[name]), limit);
  });
  return [[title, ...cells]];
}

function anonymousRow({ kind, contenders }) {
  const [ours, ...rest] = contenders;
  const others = rest.filter(({ id }) => ![FLOOR, OURS, OURS_ON_WEB_CRYPTO].includes(id));
  const [fastest] = others.toSorted((a, b) => median(a.cpu.anonymous) - median(b.cpu.anonymous));
  const ratio = ratioOf(ours.cpu.anonymous, fastest.cpu.anonymous);
  return [HEADINGS[kind], fastest.title, judged(ratio, ANONYMOUS)];
}

function kilobytesRow(field) {
  const [{ kilobytes }] = field.contenders;
  const floor = contenderOf(field, FLOOR);
  const cells = CASES.map((one) => {
    const name = nameOf({ ...one, inFlight: 1 });
    const ratio = kilobytes[name] / floor.kilobytes[name];
    const cell = `${digits(ratio)} (${kilobytes[name].toFixed(1)} kB)`;
    return ratio > KILOBYTES ? `**${cell}**` : cell;
  });
  return [HEADINGS[field.kind], ...cells];
}

function contenderOf({ contenders }, wanted) {
  return contenders.find(({ id }) => id === wanted);
}

function judged({ median: middle, low, high }, limit) {
  const cell = `${digits(middle)} (${digits(low)}–${digits(high)})`;
  return middle > limit ? `**${cell}**` : cell;
}
