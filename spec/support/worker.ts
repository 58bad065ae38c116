import type { HattipHandler } from "@hattip/core";
import { Miniflare } from "miniflare";

interface WorkerOptions {
  bindings?: Record<string, string>;
  compatibilityFlags?: string[];
  kvNamespaces?: string[];
}

/** A Worker in the real `workerd`. Its code is one bundled module. */
export class Worker {
  readonly #miniflare: Miniflare;

  static async start(contents: string, options: WorkerOptions): Promise<Worker> {
    const miniflare = new Miniflare({
      // A list, because Miniflare rejects a single script that has a non-literal import().
      modules: [{ type: "ESModule", path: "worker.mjs", contents }],
      compatibilityDate: "2025-07-18",
      cf: false, // otherwise Miniflare downloads a sample of request.cf
      ...options,
    });
    await miniflare.ready;
    return new Worker(miniflare);
  }

  private constructor(miniflare: Miniflare) {
    this.#miniflare = miniflare;
  }

  /** The Worker as an app for a `Browser`. */
  readonly handler: HattipHandler = async ({ request: { url, method, headers } }) => {
    const answer = await this.#miniflare.dispatchFetch(url, { method, headers: [...headers] });
    const { status } = answer;
    return new Response(await answer.text(), { status, headers: [...answer.headers] });
  };

  kv(namespace: string): ReturnType<Miniflare["getKVNamespace"]> {
    return this.#miniflare.getKVNamespace(namespace);
  }

  async stop(): Promise<void> {
    await this.#miniflare.dispose();
  }
}
