import { FLOOR, nameOf, OURS } from "./cases.mjs";
import { median, ratioOf } from "./statistics.mjs";

/** What some contenders do not have: a term, and what its absence means. */
export const LACKS = {
  e: ["expiry in the value", "only the browser ends the session"],
  a: ["absolute timeout", "there is only the idle timeout"],
  r: ["key rotation", "a new key ends all sessions"],
  n: ["binding to the name", "the value is valid under any cookie name"],
  h: ["hashed IDs", "the backend holds the session ID itself"],
  c: ["safe concurrency", "if two concurrent requests change a session, one change is lost"],
  o: ["copies of the data", "all requests share the stored object"],
  s: ["quiet visits", "every visitor gets a session, even if the handler writes no data"],
};

export const HEADINGS = {
  nothing: "No session at all",
  signed: "Signed cookies",
  encrypted: "Encrypted cookies",
  unsigned: "Unsigned cookies",
  memory: "Memory",
  redis: "Redis",
};

/** The times of a read and a write together, round by round. */
export function bothOf({ times }, { size = "small", inFlight = 1 } = {}) {
  const writes = times[nameOf({ action: "write", size, inFlight })];
  return times[nameOf({ action: "read", size, inFlight })].map((read, i) => read + writes[i]);
}

/** How many times as long as the reference this contender takes for a read and a write. */
export function factorOf(contender, reference, load) {
  return ratioOf(bothOf(contender, load), bothOf(reference, load));
}

export function timeOf({ times }, action, { size = "small", inFlight = 1 } = {}) {
  return median(times[nameOf({ action, size, inFlight })]);
}

/** The reference first, then the floor, then the others from the fastest to the slowest. */
export function ordered(contenders, load) {
  const rank = ({ id }) => (id === contenders[0].id ? 0 : id === FLOOR ? 1 : 2);
  const time = (contender) => median(bothOf(contender, load));
  return contenders.toSorted((a, b) => rank(a) - rank(b) || time(a) - time(b));
}

/** Times of all contenders, compared with the first one. `last` gives the fifth column. */
export function timesTable(contenders, load, [heading, last]) {
  const [reference] = contenders;
  const rows = ordered(contenders, load).map((contender) => {
    const { median: middle, low, high } = factorOf(contender, reference, load);
    return [
      titleOf(contender),
      ...["read", "write"].map((action) => micros(timeOf(contender, action, load))),
      contender === reference ? "1" : `**${digits(middle)}** (${digits(low)}–${digits(high)})`,
      last(contender),
    ];
  });
  return table(["", "read", "write", "both, compared", heading], rows);
}

export function lacksOf({ id, lacks }) {
  if (id.startsWith(OURS) && lacks === "") return "";
  return [...lacks].map((letter) => LACKS[letter][0]).join(", ");
}

export function titleOf({ id, title }) {
  return id === OURS ? `**${title}**` : title;
}

export function table(headers, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(headers), line(headers.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Microseconds. */
export function micros(time) {
  return time < 100 ? time.toFixed(1) : Math.round(time).toLocaleString("en");
}

/** Two significant digits. */
export function digits(ratio) {
  if (ratio < 0.095) return ratio.toFixed(3);
  if (ratio < 0.995) return ratio.toFixed(2);
  if (ratio < 9.95) return ratio.toFixed(1);
  return Number(ratio.toPrecision(2)).toLocaleString("en");
}
