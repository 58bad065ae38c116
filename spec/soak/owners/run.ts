// Ends the sessions of owners while other processes use them. See README.md beside this file.
import type { Backend } from "./backend.js";
import { bundledProgram } from "./bundle.js";
import { leftoversAtLast } from "./emptied.js";
import { startPostgres } from "./postgres-backend.js";
import { startCluster, startRedis } from "./redis-backends.js";
import { runRounds } from "./run-rounds.js";
import { suspendedProcesses } from "./suspended-processes.js";

const ROUNDS_AT_ONCE = 12;
const ROUNDS_PER_KILLED_PROCESS = 250;

const rounds = Number(process.argv[2] ?? 10_000);
const program = await bundledProgram();
let hasFailed = false;

/** Each start, and its part of the rounds. Each Cluster loses two masters. */
const runs: readonly (readonly [() => Promise<Backend>, number])[] = [
  [startRedis, 0.4],
  [() => startCluster(true), 0.1],
  [() => startCluster(true), 0.1],
  [() => startCluster(true), 0.1],
  [startPostgres, 0.3],
];

console.log(`${rounds} rounds`);
const expiries: Promise<void>[] = [];
for (const [start, part] of runs) {
  const backend = await start();
  try {
    await play(backend, Math.round(rounds * part));
  } catch (error) {
    await backend.stop();
    throw error;
  }
  expiries.push(expire(backend));
}
await Promise.all(expiries);
process.exitCode = hasFailed ? 1 : 0;

async function play(backend: Backend, count: number): Promise<void> {
  const begunAt = Date.now();
  // What has been acknowledged by the Cluster is known only as long as the process runs.
  const killsEvery = backend.faults.length > 0 ? Infinity : ROUNDS_PER_KILLED_PROCESS;
  const settings = { program, rounds: count, atOnce: ROUNDS_AT_ONCE, killsEvery };
  // On the Cluster, the faults would make the calls fail.
  const suspended = backend.faults.length > 0 ? [] : suspendedProcesses(backend, program);
  const findings = await runRounds(backend, settings);
  findings.violations.push(...(await suspended));
  const seconds = Math.round((Date.now() - begunAt) / 1000);
  console.log(`${backend.title}, ${seconds} s: ${findings.summary}`);
  for (const sentence of findings.lost) console.log(`  lost by the backend: ${sentence}`);
  for (const sentence of findings.violations) console.log(`  ✗ ${sentence}`);
  if (findings.violations.length > 0) hasFailed = true;
}

async function expire(backend: Backend): Promise<void> {
  try {
    const { count, seconds } = await leftoversAtLast(backend);
    console.log(`${backend.title}: ${count} keys are left after the last expiry`);
    if (count === 0) return;
    console.log(`  ✗ They stay for ${seconds} more seconds.`);
    hasFailed = true;
  } finally {
    await backend.stop();
  }
}
