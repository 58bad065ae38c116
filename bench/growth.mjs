import { median, rounded } from "./statistics.mjs";
import { SIZES } from "./workload.mjs";
import { WorkerProcess } from "./worker-process.mjs";

const WRITE = { action: "write", size: "small", inFlight: 1 };
const SMALL = SIZES.small;
const COOKIE_SIZES = [100, 250, 500, 1000, 2000, 2900];
const RECORD_SIZES = [100, 1000, 4000, 16_000, 64_000];
const RING_SIZES = [1, 2, 4, 8, 16];
const SESSION_COUNTS = [1, 1000, 100_000, 1_000_000];
const FLIGHT_SIZES = [1, 8, 64, 512];

const bySize = (kind, sizes) => ({
  title: `bytes of data, ${kind}`,
  points: sizes.map((x) => ({ x, kind, run: { ...WRITE, size: x } })),
});
const byFlight = (kind) => ({
  title: `requests in flight, ${kind}`,
  points: FLIGHT_SIZES.map((x) => ({ x, kind, run: { ...WRITE, size: SMALL, inFlight: x } })),
});

/** Each line shows how the cost of a write grows with one quantity while all others are fixed. */
const LINES = [
  ...["signed", "encrypted"].map((kind) => bySize(kind, COOKIE_SIZES)),
  ...["memory", "redis"].map((kind) => bySize(kind, RECORD_SIZES)),
  {
    title: "keys in the ring, encrypted",
    points: RING_SIZES.map((x) => ({
      x,
      kind: "encrypted",
      options: { keys: x },
      run: { ...WRITE, size: SMALL },
    })),
  },
  {
    title: "sessions in memory",
    points: SESSION_COUNTS.map((x) => ({
      x,
      kind: "memory",
      fill: x,
      run: { ...WRITE, size: SMALL },
    })),
  },
  ...["encrypted", "redis"].map(byFlight),
];

/**
 * Measures this package without its peers. Each point of a line has a process of its own, and the
 * points take turns in rounds.
 */
export async function grow({ rounds, milliseconds, warmUp, redisUrl, maxSessions, log }) {
  const lines = [];
  for (const { title, points } of LINES) {
    const taken = points.filter(({ fill = 0 }) => fill <= maxSessions);
    const workers = [];
    for (const { kind, options, fill } of taken) {
      const settings = { redisUrl, maxBytes: 70_000, unverified: true, ...options };
      const worker = await WorkerProcess.open("hattip-session", kind, settings);
      if (fill) await worker.ask("fill", { count: fill });
      workers.push(worker);
    }
    const times = taken.map(() => []);
    for (const [i, { run }] of taken.entries()) {
      await workers[i].ask("warmUp", { ...run, milliseconds: warmUp });
    }
    for (let round = 0; round < rounds; round++) {
      for (const [i, { run }] of taken.entries()) {
        times[i].push((await workers[i].ask("run", { ...run, milliseconds })).time);
      }
    }
    for (const worker of workers) await worker.close();
    lines.push({
      title,
      points: taken.map(({ x }, i) => ({ x, time: rounded(median(times[i])) })),
    });
    log(`growth of ${title}`);
  }
  return lines;
}
