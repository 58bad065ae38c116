import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const WORKER = fileURLToPath(new URL("worker.mjs", import.meta.url));

/** A child process with one contender. It runs one command at a time. */
export class WorkerProcess {
  #child;
  #ended;
  #resolve;

  static async open(id, kind, options) {
    const worker = new WorkerProcess();
    const answer = await worker.ask("open", { id, kind, ...options });
    return Object.assign(worker, { id, ...answer });
  }

  constructor() {
    this.#child = fork(WORKER, {
      execArgv: ["--expose-gc"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#ended = once(this.#child, "exit");
    this.#child.on("message", (answer) => this.#resolve(answer));
    this.#child.on("exit", (code) =>
      this.#resolve?.({ error: `The process has exited with code ${code}.` }),
    );
  }

  async ask(command, request = {}) {
    this.#child.send({ command, ...request });
    const answer = await new Promise((resolve) => (this.#resolve = resolve));
    if (answer.error) throw new Error(answer.error);
    return answer.result;
  }

  async close() {
    this.#child.send({ command: "close" });
    const timer = setTimeout(() => this.#child.kill(), 2000);
    await this.#ended;
    clearTimeout(timer);
  }
}
