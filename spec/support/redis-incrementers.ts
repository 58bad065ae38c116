import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("programs/redis-incrementer.ts", import.meta.url));

/** A process that increments the counters of some sessions, and its acknowledged updates. */
export class Incrementer {
  /** The number of acknowledged updates of each session. */
  readonly acknowledged: number[];
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #rest = "";
  #errors = "";

  constructor(url: string, updates: number, ids: readonly string[]) {
    this.acknowledged = ids.map(() => 0);
    this.#child = spawn(
      process.execPath,
      ["--import", "ts-blank-space/register", PROGRAM, url, `${updates}`, ...ids],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    // "close" comes after all output has been read, no matter how the process ended.
    this.#ended = once(this.#child, "close");
    this.#child.stdout!.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (this.#rest + chunk).split("\n");
      this.#rest = lines.pop()!;
      for (const line of lines) this.acknowledged[Number(line)]!++;
    });
    this.#child.stderr!.setEncoding("utf8").on("data", (chunk: string) => (this.#errors += chunk));
  }

  get total(): number {
    return this.acknowledged.reduce((sum, count) => sum + count, 0);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Kills the process if it still runs, and waits for its end. */
  async close(): Promise<void> {
    this.kill();
    await this.#ended;
  }

  /**
   * Waits for the end of the process. Resolves to the signal that killed it, if any. Rejects if the
   * process has failed.
   */
  async end(): Promise<NodeJS.Signals | null> {
    await this.#ended;
    if (this.#child.exitCode !== null && this.#child.exitCode !== 0) throw new Error(this.#errors);
    return this.#child.signalCode;
  }
}
