import { WARM_UP } from "./measure.mjs";
import { WorkerProcess } from "./worker-process.mjs";

/** The contenders for each kind of session. The first one is this package, except for `nothing`. */
export const FIELDS = {
  nothing: ["nothing", "nothing-express"],
  signed: [
    "hattip-session",
    "floor",
    "cookie-session",
    "react-router",
    "hono-cookies",
    "hattip-session-0.0.49",
    "hattip-session-web-crypto",
  ],
  encrypted: [
    "hattip-session",
    "floor",
    "fastify-secure-session",
    "iron-session",
    "h3",
    "hono-sessions",
    "hattip-session-0.0.49",
    "hattip-session-web-crypto",
  ],
  unsigned: ["hattip-session", "floor", "cookie-session", "react-router", "hattip-session-0.0.49"],
  memory: [
    "hattip-session",
    "floor",
    "express-session",
    "react-router",
    "hono-sessions",
    "hattip-session-0.0.49",
  ],
  redis: ["hattip-session", "floor", "express-session", "hattip-session-0.0.49"],
};

/** The contenders that use Web Crypto. */
export const ON_WEB_CRYPTO = [
  "react-router",
  "hono-cookies",
  "hattip-session-0.0.49",
  "iron-session",
  "h3",
  "hono-sessions",
];

export const IN_FLIGHT = [1, 64];

/** The cases that every contender of a kind runs. */
export const CASES = [
  { action: "anonymous", size: "none", inFlight: 1 },
  ...IN_FLIGHT.flatMap((inFlight) =>
    ["small", "medium"].flatMap((size) =>
      ["read", "write"].map((action) => ({ action, size, inFlight })),
    ),
  ),
];

export function nameOf({ action, size, inFlight }) {
  return action === "anonymous" ? "anonymous" : `${action} ${size} ${inFlight}`;
}

/**
 * Measures all contenders of a kind. For each case, every contender runs once in each round, and
 * the order changes from round to round. So other load on the machine affects all contenders alike,
 * and each round has its own ratios.
 */
export async function compare(kind, { rounds, milliseconds, clock, redisUrl, log }) {
  const workers = [];
  for (const id of FIELDS[kind]) workers.push(await WorkerProcess.open(id, kind, { redisUrl }));
  const results = workers.map(({ id, title, versions, bytes, lacks }) => {
    return { id, title, versions, bytes, lacks, times: {}, allocated: {} };
  });
  for (const one of CASES) {
    for (const worker of workers) await worker.ask("run", { ...one, milliseconds: WARM_UP, clock });
    for (let round = 0; round < rounds; round++) {
      for (const i of turns(workers.length, round)) {
        const { time, allocated } = await workers[i].ask("run", { ...one, milliseconds, clock });
        (results[i].times[nameOf(one)] ??= []).push(time);
        (results[i].allocated[nameOf(one)] ??= []).push(allocated);
      }
    }
    log(`${kind}, ${nameOf(one)}`);
  }
  for (const worker of workers) await worker.close();
  return { kind, contenders: results };
}

function turns(count, round) {
  const order = Array.from({ length: count }, (_, i) => (i + round) % count);
  return round % 2 ? order.toReversed() : order;
}
