import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.js";
import { ServerProcess } from "./server-process.js";
import { waitUntil } from "./wait-until.js";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** Runs the demo site in its own process. `bin/demo` starts it. */
export class DemoServer {
  readonly origin: string;
  readonly #process: ServerProcess;

  /** @param env environment variables in addition to those of this process */
  static async start(env: Record<string, string> = {}): Promise<DemoServer> {
    const port = await freePort();
    const demo = await ServerProcess.start("bin/demo", [], "bash", {
      cwd: PROJECT,
      env: { ...process.env, ...env, PORT: `${port}` },
    });
    const origin = `${env["TLS_CERT"] ? "https" : "http"}://localhost:${port}`;
    try {
      await waitUntil(`the demo at ${origin}`, () => {
        if (demo.hasExited) throw new Error(`The demo has exited:\n${demo.output}`);
        return demo.output.includes(origin);
      });
    } catch (error) {
      await demo.end("SIGTERM");
      throw error;
    }
    return new DemoServer(origin, demo);
  }

  private constructor(origin: string, demo: ServerProcess) {
    this.origin = origin;
    this.#process = demo;
  }

  async stop(): Promise<void> {
    await this.#process.end("SIGTERM");
  }
}
