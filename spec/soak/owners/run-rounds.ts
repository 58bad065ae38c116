import { AppServer } from "./app-server.js";
import type { Backend } from "./backend.js";
import { Findings } from "./findings.js";
import type { ServerSettings } from "./messages.js";
import { Round } from "./round.js";

/** The processes differ in how slow they are. */
const MAX_PAUSES_MS = [0, 3, 10];

export interface RunSettings {
  /** The bundled `program.ts`. */
  readonly program: string;
  readonly rounds: number;
  readonly atOnce: number;
  /** A process is killed after so many rounds, and another one takes its place. */
  readonly killsEvery?: number;
}

/** Plays rounds over one backend with several processes, and breaks the backend meanwhile. */
export async function runRounds(backend: Backend, settings: RunSettings): Promise<Findings> {
  const { program, rounds, atOnce, killsEvery = Infinity } = settings;
  const findings = new Findings();
  const starting = await Promise.allSettled(
    MAX_PAUSES_MS.map((_, index) => AppServer.start(program, settingsOf(backend, index))),
  );
  const servers = starting.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  try {
    for (const one of starting) if (one.status === "rejected") throw one.reason;
    const faults = backend.faults.map((strike, index) => ({
      strike,
      after: Math.round((rounds * (index + 1)) / (backend.faults.length + 1)),
    }));
    const replace = async (index: number) => {
      const [old] = servers.splice(index, 1);
      await old!.kill();
      servers.splice(index, 0, await AppServer.start(program, settingsOf(backend, index)));
    };
    const disturbances: Promise<unknown>[] = [];
    let next = 0;
    const play = async () => {
      while (next < rounds) {
        const number = next++;
        for (const { strike, after } of faults) if (after === number) disturbances.push(strike());
        if (number % killsEvery === killsEvery - 1) {
          await Promise.all(disturbances);
          disturbances.push(replace(number % servers.length));
        }
        await new Round(number, backend, () => servers, findings).run();
      }
    };
    await Promise.all(Array.from({ length: atOnce }, play));
    await Promise.all(disturbances);
    const hasFailed = [...findings.errors.keys()].some((error) => error.includes("_STORE"));
    if (faults.length > 0 && !hasFailed) findings.violations.push("No fault has struck.");
    for (const { failure } of servers) if (failure) findings.violations.push(failure);
    return findings;
  } finally {
    await Promise.all(servers.map((server) => server.kill()));
  }
}

export function settingsOf(backend: Backend, index: number): ServerSettings {
  const { address, clients, timeoutSeconds } = backend;
  const [client, maxPauseMs] = [clients[index % clients.length]!, MAX_PAUSES_MS[index]!];
  return { address, client, timeoutSeconds, maxPauseMs };
}
