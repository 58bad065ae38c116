import type { HattipHandler } from "@hattip/core";
import { Miniflare } from "miniflare";

interface WorkerOptions {
  bindings?: Record<string, string>;
  compatibilityFlags?: string[];
  kvNamespaces?: string[];
  /** The exported class of each binding. */
  durableObjects?: Record<string, string>;
}

/** A Worker in the real `workerd`. Its code is one bundled module. */
export class Worker {
  readonly #miniflare: Miniflare;

  static async start(
    contents: string,
    { durableObjects = {}, ...options }: WorkerOptions,
  ): Promise<Worker> {
    const classes = Object.entries(durableObjects);
    const miniflare = new Miniflare({
      // A list, because Miniflare rejects a single script that has a non-literal import().
      modules: [{ type: "ESModule", path: "worker.mjs", contents }],
      compatibilityDate: "2025-07-18",
      cf: false, // otherwise Miniflare downloads a sample of request.cf
      durableObjects: Object.fromEntries(
        // As with `new_sqlite_classes` in wrangler.toml.
        classes.map(([binding, className]) => [binding, { className, useSQLite: true }]),
      ),
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

  /** A request of no browser. */
  get(path: string): ReturnType<Miniflare["dispatchFetch"]> {
    return this.#miniflare.dispatchFetch(new URL(path, "https://worker.example"));
  }

  kv(namespace: string): ReturnType<Miniflare["getKVNamespace"]> {
    return this.#miniflare.getKVNamespace(namespace);
  }

  async stop(): Promise<void> {
    await this.#miniflare.dispose();
  }
}
