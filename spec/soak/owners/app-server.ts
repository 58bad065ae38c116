import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { SentResponse, ServerSettings } from "./messages.js";

const running = new Set<ChildProcess>();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** A process that serves the app. */
export class AppServer {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  readonly #waiting = new Map<number, (response: SentResponse) => void>();
  #requests = 0;
  #output = "";
  #isKilled = false;

  /** @param program the bundled `program.ts` */
  static async start(program: string, settings: ServerSettings): Promise<AppServer> {
    const server = new AppServer(
      fork(program, [JSON.stringify(settings)], { stdio: "pipe", execArgv: [] }),
    );
    const ready = once(server.#child, "message").then(() => true);
    if (await Promise.race([ready, server.#exit.then(() => false)])) return server;
    throw new Error(`A process of the app has ended:\n${server.#output}`);
  }

  private constructor(child: ChildProcess) {
    this.#child = child;
    running.add(child);
    this.#exit = once(child, "exit").then(() => {
      running.delete(child);
      for (const number of this.#waiting.keys()) this.#answer({ ...UNANSWERED, number });
    });
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on("data", (chunk) => (this.#output = (this.#output + chunk).slice(-4000)));
    }
    child.on("error", () => {}); // a request to a process that has just ended
    child.on("message", (response: SentResponse) => this.#answer(response));
  }

  /** Set if the process has ended by itself. */
  get failure(): string | undefined {
    const hasFailed = this.#child.exitCode !== null && !this.#isKilled;
    return hasFailed ? `A process of the app has ended:\n${this.#output}` : undefined;
  }

  send(path: string, cookie?: string): Promise<SentResponse> {
    return new Promise((resolve) => {
      const number = ++this.#requests;
      this.#waiting.set(number, resolve);
      if (!this.#child.connected) this.#answer({ ...UNANSWERED, number });
      else this.#child.send({ number, path, cookie });
    });
  }

  async kill(): Promise<void> {
    this.#isKilled = true;
    this.#child.kill("SIGKILL");
    await this.#exit;
  }

  #answer(response: SentResponse): void {
    this.#waiting.get(response.number)?.(response);
    this.#waiting.delete(response.number);
  }
}

const UNANSWERED = { status: 0, cookie: undefined, body: null, error: "The process was killed" };
