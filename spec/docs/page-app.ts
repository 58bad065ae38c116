import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { freePort } from "../support/free-port.js";
import { ServerProcess } from "../support/server-process.js";
import { waitUntil } from "../support/wait-until.js";
import { type Document, PROJECT } from "./document.js";

export type Side = "before" | "after";

export interface PageAppOptions {
  readonly env: Record<string, string>;
  /** Changes a file that is in the page. */
  readonly edit?: (text: string, fileName: string) => string;
}

let count = 0;

/** One of the two apps of a migration page, as a program on `localhost`. */
export class PageApp {
  readonly origin: string;
  readonly #folder: string;
  #process: ServerProcess | undefined;

  static async start(page: Document, side: Side, options: PageAppOptions): Promise<PageApp> {
    const app = new PageApp(await freePort());
    try {
      await app.#launch(page, side, options);
      return app;
    } catch (error) {
      await app.stop();
      throw error;
    }
  }

  private constructor(port: number) {
    // The apps of a page have one host, as after a real switch: cookies know no ports.
    this.origin = `http://localhost:${port}`;
    // The folder is in the project, so that Node finds the packages.
    this.#folder = `${PROJECT}/.cache/docs/apps/${process.pid}-${count++}`;
  }

  get output(): string {
    return this.#process?.output ?? "";
  }

  async stop(): Promise<void> {
    await this.#process?.end("SIGTERM");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #launch(page: Document, side: Side, { env, edit }: PageAppOptions): Promise<void> {
    mkdirSync(this.#folder, { recursive: true });
    for (const { fileName, text } of page.blocks) {
      if (!fileName) continue;
      // The older package has the same name. It is installed here under an alias.
      const isOlder = page.path.endsWith("0.0.49.md") && fileName === "before.mjs";
      const program = isOlder ? text.replace("@hattip/session", "session-0.0.49") : text;
      writeFileSync(`${this.#folder}/${fileName}`, edit?.(program, fileName) ?? program);
    }
    const server = await ServerProcess.start("node", [`${this.#folder}/${side}.mjs`], "nodejs", {
      env: { ...process.env, ...env, PORT: new URL(this.origin).port },
    });
    this.#process = server;
    await waitUntil(`${side}.mjs of ${page.path}`, async () => {
      if (server.hasExited) throw new Error(server.output);
      return (await fetch(this.origin)).ok;
    });
  }
}

/** Changes a part of a program, which must be there. */
export function replaced(program: string, part: string | RegExp, by: string): string {
  const changed = program.replace(part, by);
  if (changed === program) throw new Error(`No ${part} in the program:\n${program}`);
  return changed;
}
