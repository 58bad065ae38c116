import { WARM_UP } from "./measure.mjs";
import { WorkerProcess } from "./worker-process.mjs";

/** Who takes part in what. The first is this package, except where there is no session at all. */
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
  redis: ["hattip-session", "floor", "express-session"],
};

/** Those whose cryptography is Web Crypto's. */
export const ON_WEB_CRYPTO = [
  "react-router",
  "hono-cookies",
  "hattip-session-0.0.49",
  "iron-session",
  "h3",
  "hono-sessions",
];

export const IN_FLIGHT = [1, 64];

/** What every contender of a field does, one after the other. */
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
 * All contenders of a kind, in rounds: in each round everyone gets its turn at a case before
 * anybody gets the next one, in another order every time. So what the machine does besides falls on
 * all of them alike, and each round has its own ratios.
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
