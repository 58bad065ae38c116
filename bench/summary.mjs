import { BUSY, FLOOR, NO_PEERS } from "./cases.mjs";
import { digits, factorOf, timeOf } from "./tables.mjs";

/** The answer in two sentences: what a session costs, and what other libraries cost. */
export function summary(fields) {
  const measured = MAIN_CASES.map((one) => ({ ...one, field: fieldOf(fields, one.kind) })).filter(
    ({ field }) => field,
  );
  if (measured.length === 0) return "";
  return `${cost(measured)} ${comparison(measured)}`;
}

/** The kinds that a site in production has, with the load of the picture and of the sentences. */
export const MAIN_CASES = [
  { kind: "signed", name: "a signed cookie", load: {} },
  { kind: "encrypted", name: "an encrypted cookie", load: {} },
  { kind: "redis", name: `Redis (${BUSY} requests in flight)`, load: { inFlight: BUSY } },
];

function cost(measured) {
  const times = (action) =>
    measured.map(({ field, load }) => Math.round(timeOf(field.contenders[0], action, load)));
  const reads = times("read").map((time, i) => `**${time} µs** with ${measured[i].name}`);
  const writes = times("write").map((time) => `**${time}**`);
  const floors = measured.map(({ field: { contenders }, load }) => {
    const floor = contenders.find(({ id }) => id === FLOOR);
    return factorOf(contenders[0], floor, load).median;
  });
  const byHand = span(Math.min(...floors), Math.max(...floors));
  return `Reading a session takes ${list(reads)}, and changing one takes ${list(writes)} µs: ${byHand} times as long as minimal handwritten code (the floor).`;
}

function comparison(measured) {
  const peers = measured
    .flatMap(({ field, load }) =>
      field.contenders
        .filter(({ id }) => !NO_PEERS.includes(id))
        .map((peer) => ({ title: peer.title, ...factorOf(peer, field.contenders[0], load) })),
    )
    .toSorted((a, b) => a.median - b.median);
  // A difference counts only if it is the same in most rounds.
  const faster = peers.filter(({ high }) => high < 1);
  const slower = peers.filter(({ low }) => low > 1);
  const level = peers.filter(({ low, high }) => low <= 1 && high >= 1);
  const clauses = [
    ...clause(faster, "faster", factors),
    ...clause(level, "about as fast", (group) => list(group.map(({ title }) => title))),
    ...clause(slower, "slower", factors),
  ];
  return `Of ${peers.length} other libraries, each compared by a read and a write, ${list(clauses)}.`;
}

function clause(peers, word, describe) {
  if (peers.length === 0) return [];
  return [`${peers.length} ${peers.length === 1 ? "is" : "are"} ${word} (${describe(peers)})`];
}

function factors(peers) {
  const [first, ...others] = peers.map(({ title, median }) => [title, digits(median)]);
  return list([
    `${first[0]} takes ${first[1]} times as long`,
    ...others.map(([title, factor]) => `${title} ${factor} times`),
  ]);
}

export function fieldOf(fields, kind) {
  return fields.find((field) => field.kind === kind);
}

function span(low, high) {
  return digits(low) === digits(high) ? digits(low) : `${digits(low)} to ${digits(high)}`;
}

function list(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
