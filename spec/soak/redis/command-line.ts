import { planned, type PlannedRun } from "./run-all.js";
import { SCENARIOS } from "./scenarios.js";

export interface CommandLine {
  readonly runs: readonly PlannedRun[];
  readonly isShort: boolean;
  readonly isList: boolean;
  readonly printsFigures: boolean;
  readonly json: string | undefined;
  readonly seed: number;
  /** The number of runs at once, if it is given. */
  readonly atOnce: number | undefined;
}

/** Reads options, and names or prefixes of scenarios and of clients. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const isShort = args.includes("--short");
  const all = planned(SCENARIOS.filter((scenario) => !isShort || scenario.isShort));
  const options = args.filter((arg) => arg.startsWith("--"));
  const names = args.filter((arg) => !arg.startsWith("--"));
  const value = (option: string) =>
    options.find((one) => one.startsWith(`--${option}=`))?.slice(option.length + 3);
  const known = ["short", "list", "figures", "json", "seed", "at-once"];
  for (const option of options) {
    if (!known.includes(option.slice(2).split("=")[0]!)) throw new Error(`Unknown: ${option}`);
  }
  const matches = (name: string, of: (run: PlannedRun) => string) =>
    all.some((run) => of(run).startsWith(name));
  const scenarioNames = names.filter((name) => matches(name, ({ scenario }) => scenario.name));
  const clientNames = names.filter((name) => matches(name, clientName));
  for (const name of names) {
    if (scenarioNames.includes(name) || clientNames.includes(name)) continue;
    throw new Error(`No scenario and no client has a name that begins with ${name}. Try --list.`);
  }
  const isChosen = (name: string, prefixes: string[]) =>
    prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix));
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  return {
    runs: all.filter(
      (run) => isChosen(run.scenario.name, scenarioNames) && isChosen(clientName(run), clientNames),
    ),
    isShort,
    isList: args.includes("--list"),
    printsFigures: args.includes("--figures"),
    json: value("json"),
    seed: number(value("seed")) ?? Date.now() % 1_000_000,
    atOnce: number(value("at-once")),
  };
}

/** A client's title without spaces, as `node-redis-6`. */
export function clientName({ client }: PlannedRun): string {
  return client.replaceAll(" ", "-");
}
