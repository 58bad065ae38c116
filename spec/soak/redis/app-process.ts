import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Figures } from "./figures.js";
import type { Answer, AppSettings, Order } from "./messages.js";

/** After `store.close()`, nothing may keep the process of an app running for longer. */
const ENDING_MS = 5000;
/** `store.close()` may take a timeout, and a look at all sessions some seconds. */
const MAX_ANSWER_MS = 60_000;

const running = new Set<ChildProcess>();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** The process of one app under load. Crashes, heap and descriptors are those of one client alone. */
export class AppProcess {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  #output = "";

  /** @param program the bundled `app-program.ts` */
  static async start(program: string, settings: AppSettings): Promise<AppProcess> {
    const child = fork(program, [JSON.stringify(settings)], { stdio: "pipe", execArgv: [] });
    const app = new AppProcess(child);
    await app.#answer("start");
    return app;
  }

  private constructor(child: ChildProcess) {
    this.#child = child;
    running.add(child);
    this.#exit = once(child, "exit").then(() => running.delete(child));
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on("data", (chunk) => (this.#output = (this.#output + chunk).slice(-4000)));
    }
  }

  /** With a `warm` start, the visitors have their sessions before the load begins. */
  async startLoad(start: "warm" | "cold"): Promise<void> {
    await this.#order({ type: "start", start });
  }

  /** Notes the descriptors and the heap. */
  async measure(): Promise<void> {
    await this.#order({ type: "measure" });
  }

  /** Starts some requests, and blocks the event loop of the app after some of its turns. */
  async stall(milliseconds: number, turns: number): Promise<void> {
    await this.#order({ type: "stall", milliseconds, turns });
  }

  async namesFail(fail: boolean): Promise<void> {
    await this.#order({ type: "names", fail });
  }

  /** Reads one session many times at once. */
  async burst(reads: number): Promise<void> {
    await this.#order({ type: "burst", reads });
  }

  /** Ends the load and closes the store. */
  async finish(): Promise<Figures & { endsByItself: boolean }> {
    const { figures } = await this.#order({ type: "finish" });
    const late = sleep(ENDING_MS, false, { ref: false });
    const endsByItself = await Promise.race([this.#exit.then(() => true), late]);
    await this.kill();
    return { ...figures!, endsByItself };
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exit;
  }

  async #order(order: Order): Promise<Answer> {
    if (this.#child.connected) this.#child.send(order);
    return this.#answer(order.type);
  }

  async #answer(order: string): Promise<Answer> {
    const message = once(this.#child, "message") as Promise<[Answer]>;
    const ended = this.#exit.then((): [Answer] => [{ failure: `It has ended: ${this.#output}` }]);
    const late = sleep(MAX_ANSWER_MS, [{ failure: `It does not ${order}.` }] as [Answer], {
      ref: false,
    });
    const [answer] = await Promise.race([message, ended, late]);
    if (answer.failure !== undefined) throw new Error(`The process of the app: ${answer.failure}`);
    return answer;
  }
}
