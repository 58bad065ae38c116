import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The message tells the visitor what to do. */
export class NoRedis extends Error {}

const MISSING =
  "The demo starts a redis-server for this tab, but this machine has no such program. Install it (Debian and Ubuntu: apt-get install redis-server, macOS: brew install redis), and reload this page. Or restart the demo with the address of your Redis in REDIS_URL.";

/** A redis-server of the demo's own. Only this user can connect to its socket. It has no port. */
export class OwnRedis {
  readonly #folder: string = mkdtempSync(join(tmpdir(), "session-demo-"));
  readonly socket: string = join(this.#folder, "redis.sock");
  #server: ChildProcess | undefined;
  #starting: Promise<void> | undefined;

  constructor() {
    // For an end without stop(). SIGKILL is enough, because the server stores nothing on disk.
    process.once("exit", () => this.#remove("SIGKILL"));
  }

  /**
   * Starts the server, unless it is running.
   *
   * @throws {NoRedis} If that is impossible. The next call tries again.
   */
  async start(): Promise<void> {
    this.#starting ??= this.#launch();
    await this.#starting;
  }

  async stop(): Promise<void> {
    const ended = this.#starting && this.#server && once(this.#server, "exit");
    this.#remove("SIGTERM");
    await ended;
  }

  async #launch(): Promise<void> {
    const listen = ["--port", "0", "--unixsocket", this.socket, "--dir", this.#folder];
    const server = spawn("redis-server", [...listen, "--save", "", "--appendonly", "no"]);
    this.#server = server;
    let output = "";
    await new Promise<void>((resolve, reject) => {
      const fail = (message: string, cause?: unknown) => {
        this.#starting = undefined;
        reject(new NoRedis(message, { cause }));
      };
      server.once("error", (cause) => fail(MISSING, cause));
      server.once("exit", () => fail(`redis-server has ended. Its last output: ${output}`));
      server.stderr.resume();
      server.stdout.on("data", (text) => {
        output = (output + text).slice(-1000);
        if (/ready to accept connections/i.test(output)) resolve();
      });
    });
  }

  #remove(signal: NodeJS.Signals): void {
    this.#server?.kill(signal);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
