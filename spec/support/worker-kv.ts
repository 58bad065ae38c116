import { Miniflare } from "miniflare";

export type WorkerKvNamespace = Awaited<ReturnType<Miniflare["getKVNamespace"]>>;

/** A Workers KV namespace in the real `workerd`, empty and in memory. */
export class WorkerKv {
  readonly namespace: WorkerKvNamespace;
  readonly #miniflare: Miniflare;

  static async start(): Promise<WorkerKv> {
    const miniflare = new Miniflare({
      modules: true,
      script: "export default { fetch: () => new Response() }",
      compatibilityDate: "2025-07-18",
      kvNamespaces: ["SESSIONS"],
      cf: false, // else it asks the network for a sample of request.cf
    });
    return new WorkerKv(miniflare, await miniflare.getKVNamespace("SESSIONS"));
  }

  private constructor(miniflare: Miniflare, namespace: WorkerKvNamespace) {
    this.#miniflare = miniflare;
    this.namespace = namespace;
  }

  async dispose(): Promise<void> {
    await this.#miniflare.dispose();
  }
}
