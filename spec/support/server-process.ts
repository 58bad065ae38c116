import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { once } from "node:events";

const running = new Set<ChildProcess>();

function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

// No server may outlive this process. A process that a signal kills emits no "exit", so the signals
// are turned into an exit.
process.on("exit", killAll);
for (const [signal, number] of [
  ["SIGHUP", 1],
  ["SIGINT", 2],
  ["SIGTERM", 15],
] as const) {
  process.on(signal, () => process.exit(128 + number));
}

/** The process of a server. It ends when this process ends, at the latest. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  #output = "";

  /** @param debianPackage the package to install if the command is missing */
  static async start(
    command: string,
    args: string[],
    debianPackage: string,
    options: Pick<SpawnOptions, "cwd" | "env" | "uid" | "gid"> = {},
  ): Promise<ServerProcess> {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    try {
      await once(child, "spawn");
    } catch (cause) {
      throw new Error(`Cannot run ${command}: apt-get install ${debianPackage}`, { cause });
    }
    return new ServerProcess(child);
  }

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exit = once(child, "exit").then(() => running.delete(child));
    running.add(child);
    for (const stream of [child.stdout, child.stderr]) {
      // The last 4000 characters are enough to see why a server did not start.
      stream?.on("data", (chunk) => (this.#output = (this.#output + chunk).slice(-4000)));
    }
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** The end of the server's output, from stdout and stderr. */
  get output(): string {
    return this.#output;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends `signal` and waits for the end of the process. It may have ended already. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (!this.hasExited) {
      this.#child.kill(signal);
      this.#child.kill("SIGCONT"); // a paused process does not handle the signal
    }
    await this.#exit;
  }
}
