import type { Replacement } from "../../external/backend-hooks.js";
import { withinTime } from "../../platform/time-limit.js";

/** The hook, its key, and its argument. */
export type HookCall =
  | readonly [hook: "create" | "update", key: string, replacement: Replacement]
  | readonly [hook: "link", owner: string, key: string, ttl: number];

/**
 * What the thread runs: it calls the hooks one after the other. Before each call it waits for the other
 * thread, without sleeping: a fast driver would have made all its calls before the other thread begins.
 * After a second it goes on, because the other thread has failed.
 *
 * It is text, because the package has two builds, of which CommonJS modules cannot say where they are
 * to a bundler. It is an ES module, because Node 20 starts a script before the loaders of `--import`
 * are there.
 */
const PROGRAM = `
import { parentPort, workerData } from "node:worker_threads";
const { module, timeout, threads, arrivals } = workerData;
const { create } = await import(module);
const store = await create({ timeout });
let meetings = 0;
let isAlone = false;
function meetTheOthers() {
  meetings += 1;
  Atomics.add(arrivals, 0, 1);
  const end = performance.now() + 1000;
  while (!isAlone && Atomics.load(arrivals, 0) < threads * meetings) isAlone = performance.now() > end;
}
async function run(calls) {
  const answers = [];
  for (const [hook, ...args] of calls) {
    meetTheOthers();
    const call = { ctx: {}, signal: new AbortController().signal };
    answers.push(await store[hook](...args, call));
  }
  return answers;
}
parentPort.on("message", (calls) => {
  run(calls).then(
    (answers) => parentPort.postMessage({ answers }),
    (error) => parentPort.postMessage({ message: String(error?.message ?? error) }),
  );
});
parentPort.postMessage({ answers: [] });
`;

const NOTHING_TO_TRANSFER = [] as const;

interface Reply {
  readonly answers?: readonly unknown[];
  /** Why a hook failed. */
  readonly message?: string;
}

/** The part of Node's `Worker` that is used here: the package is built without @types/node. */
interface WorkerLike {
  postMessage(calls: readonly HookCall[], transfers: readonly never[]): void;
  on(event: "message", listener: (reply: Reply) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  terminate(): Promise<unknown>;
}

interface WorkerThreads {
  Worker: new (program: URL, options: object) => WorkerLike;
}

/** Lets threads begin each call at the same moment. */
export interface Meeting {
  readonly threads: number;
  /** In memory that the threads share: how often one of them has been ready for a call. */
  readonly arrivals: Int32Array;
}

/** A store that the author's module makes in a worker thread. */
export class StoreInThread {
  readonly #worker: WorkerLike;
  readonly #seconds: number;
  /** Settles the reply for which somebody waits. */
  #settle: { resolve(reply: Reply): void; reject(error: Error): void } | undefined;

  /**
   * Starts the thread.
   *
   * @param module - The address of a module that exports `create`.
   * @param timeout - The store's option.
   * @param seconds - What the thread may take to start, and then for each run.
   */
  constructor(module: string | URL, timeout: number, seconds: number, meeting: Meeting) {
    const { process } = globalThis as { process?: { getBuiltinModule?(id: string): unknown } };
    const threads = process?.getBuiltinModule?.("node:worker_threads") as WorkerThreads | undefined;
    if (!threads) throw new Error("The option module needs Node 20.16 or newer, Deno or Bun.");
    const workerData = { module: String(module), timeout, ...meeting };
    const program = new URL(`data:text/javascript,${encodeURIComponent(PROGRAM)}`);
    this.#worker = new threads.Worker(program, { workerData });
    this.#seconds = seconds;
    this.#worker.on("message", (reply) => this.#settle?.resolve(reply));
    this.#worker.on("error", (error) => this.#settle?.reject(error));
  }

  /** Waits until the thread has made its store. */
  async hasStarted(): Promise<void> {
    await this.#reply();
  }

  /** Calls the hooks in the thread, in this order, and returns their answers. */
  run(calls: readonly HookCall[]): Promise<readonly unknown[]> {
    this.#worker.postMessage(calls, NOTHING_TO_TRANSFER);
    return this.#reply();
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  async #reply(): Promise<readonly unknown[]> {
    const reply = new Promise<Reply>((resolve, reject) => (this.#settle = { resolve, reject }));
    try {
      const { answers, message } = await withinTime(this.#seconds, reply);
      if (answers) return answers;
      throw new Error(message);
    } catch (cause) {
      throw new Error("A store failed in a thread.", { cause });
    }
  }
}
