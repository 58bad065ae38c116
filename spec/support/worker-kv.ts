import { Worker } from "./worker.js";

export type WorkerKvNamespace = Awaited<ReturnType<Worker["kv"]>>;

/** An empty Workers KV namespace in memory, in the real `workerd`. */
export class WorkerKv {
  readonly namespace: WorkerKvNamespace;
  readonly #worker: Worker;

  static async start(): Promise<WorkerKv> {
    const script = "export default { fetch: () => new Response() }";
    const worker = await Worker.start(script, { kvNamespaces: ["SESSIONS"] });
    return new WorkerKv(worker, await worker.kv("SESSIONS"));
  }

  private constructor(worker: Worker, namespace: WorkerKvNamespace) {
    this.#worker = worker;
    this.namespace = namespace;
  }

  async dispose(): Promise<void> {
    await this.#worker.stop();
  }
}
