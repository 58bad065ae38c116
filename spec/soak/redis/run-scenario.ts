import { setTimeout as sleep } from "node:timers/promises";
import { AppProcess } from "./app-process.js";
import { nowMs } from "./figures.js";
import { LatenessMeter } from "./lateness-meter.js";
import { expectationsOf, type MachineWasBusy, type Scenario, type Servers } from "./scenario.js";
import { lateMs, violations, type Outcome } from "./verdict.js";

const TICK_MS = 20;

export interface Settings {
  /** The bundled program of the app. */
  readonly program: string;
  readonly isShort: boolean;
  readonly seed: number;
  /**
   * Whether the time of the recovery, and the number of the errors until then, are judged strictly.
   * A busy machine adds to both.
   */
  readonly isStrict: boolean;
}

/** One scenario with one client. */
export interface Result {
  readonly scenario: Scenario<any>;
  readonly client: string;
  /** `undefined` if the run could not be completed. */
  readonly outcome: Outcome | undefined;
  readonly violations: readonly string[];
}

/** Runs a scenario with one client. Never rejects. */
export async function runScenario<S extends Servers>(
  scenario: Scenario<S>,
  client: string,
  settings: Settings,
): Promise<Result> {
  try {
    const outcome = await run(scenario, client, settings);
    const found = violations(outcome, expectationsOf(scenario, settings.isStrict));
    return { scenario, client, outcome, violations: found };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { scenario, client, outcome: undefined, violations: [message] };
  }
}

async function run<S extends Servers>(
  scenario: Scenario<S>,
  client: string,
  { program, isShort, seed, isStrict }: Settings,
): Promise<Outcome> {
  const { topology, burstBytes = 0, afterRecoveryMs = isShort ? 500 : 1500 } = scenario;
  const servers = await scenario.start();
  try {
    const { deployment } = servers;
    let ticking: NodeJS.Timeout | undefined;
    const app = await AppProcess.start(program, { client, topology, deployment, burstBytes });
    try {
      const meter = new LatenessMeter(TICK_MS);
      ticking = setInterval(() => meter.tick(), TICK_MS);
      await app.startLoad(scenario.startsDown ? "cold" : "warm");
      if (!scenario.startsDown) await sleep(isShort ? 1000 : 2000);
      await app.measure();
      const struckAtMs = nowMs();
      let recoveredAtMs = Infinity;
      const recovered = () => void (recoveredAtMs = Math.min(recoveredAtMs, nowMs()));
      const reports: { atMs: number; sentence: string; unless: MachineWasBusy | undefined }[] = [];
      await scenario.fault(servers, {
        ...{ isShort, seed, app, recovered },
        violated: (sentence, unless) => void reports.push({ atMs: nowMs(), sentence, unless }),
      });
      recovered();
      const endMs = recoveredAtMs + expectationsOf(scenario, isStrict).recoverySeconds * 1000;
      await sleep(Math.max(0, endMs - nowMs()) + afterRecoveryMs);
      const figures = await app.finish();
      const delays = { late: figures.late, lateHere: meter.late };
      const violated = reports
        .filter(
          ({ atMs, unless }) => !unless || lateMs(delays, unless.sinceMs, atMs) < unless.lateMs,
        )
        .map(({ sentence }) => sentence);
      return { ...figures, struckAtMs, recoveredAtMs, violated, lateHere: meter.late };
    } finally {
      clearInterval(ticking);
      await app.kill();
    }
  } finally {
    await servers.stop();
  }
}
