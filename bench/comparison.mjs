import { casesOf, FIELDS, nameOf } from "./cases.mjs";
import { median, rounded } from "./statistics.mjs";
import { WorkerProcess } from "./worker-process.mjs";

/**
 * Every contender has this number of processes, one after the other. The JIT compiles the code of
 * each process a little differently, and this makes up to 20 % of the time.
 */
const PROCESSES = 3;
/** Fewer rounds would not be worth a process. */
const ROUNDS_PER_PROCESS = 3;

/**
 * Measures all contenders of a kind. For each case, every contender runs once in each round, and
 * the order changes from round to round. So other load on the machine affects all contenders alike,
 * and each round has its own ratios.
 */
export async function compare(kind, settings) {
  const share = Math.max(Math.ceil(settings.rounds / PROCESSES), ROUNDS_PER_PROCESS);
  const parts = [];
  for (let first = 0; first < settings.rounds; first += share) {
    const rounds = Array.from(
      { length: Math.min(share, settings.rounds - first) },
      (_, i) => first + i,
    );
    parts.push(await compareOnce(kind, rounds, settings));
  }
  settings.log(kind);
  return { kind, contenders: FIELDS[kind].map((_, i) => joined(parts.map((part) => part[i]))) };
}

/** Runs these rounds, with one process for each contender. */
async function compareOnce(kind, rounds, { milliseconds, warmUp, redisUrl }) {
  const workers = [];
  for (const id of FIELDS[kind]) workers.push(await WorkerProcess.open(id, kind, { redisUrl }));
  const results = workers.map(({ id, title, versions, tooNew, bytes, lacks }) => {
    return { id, title, versions, tooNew, bytes, lacks, times: {}, cpu: {}, allocated: {} };
  });
  for (const [index, one] of casesOf(kind).entries()) {
    // The first case compiles the code that all cases share.
    const length = index === 0 ? warmUp : warmUp / 2;
    for (const worker of workers) await worker.ask("warmUp", { ...one, milliseconds: length });
    for (const round of rounds) {
      for (const i of turns(workers.length, round)) {
        const { time, cpu, allocated } = await workers[i].ask("run", { ...one, milliseconds });
        (results[i].times[nameOf(one)] ??= []).push(rounded(time));
        (results[i].cpu[nameOf(one)] ??= []).push(rounded(cpu));
        (results[i].allocated[nameOf(one)] ??= []).push(allocated);
      }
    }
  }
  for (const worker of workers) await worker.close();
  return results;
}

/** One contender's results of all processes. */
function joined(results) {
  const [{ times, cpu: _cpu, allocated: _allocated, ...contender }] = results;
  const names = Object.keys(times);
  const all = (series, name) => results.flatMap((result) => result[series][name]);
  const entries = (valueOf) => Object.fromEntries(names.map((name) => [name, valueOf(name)]));
  return {
    ...contender,
    times: entries((name) => all("times", name)),
    cpu: entries((name) => all("cpu", name)),
    kilobytes: entries((name) => rounded(median(all("allocated", name)) / 1024)),
  };
}

function turns(count, round) {
  const order = Array.from({ length: count }, (_, i) => (i + round) % count);
  return round % 2 ? order.toReversed() : order;
}
