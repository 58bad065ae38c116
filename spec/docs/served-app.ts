import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { freePort } from "../support/free-port.js";
import { ServerProcess } from "../support/server-process.js";
import { waitUntil } from "../support/wait-until.js";
import { type Document, PROJECT } from "./document.js";

/** The folder is in the project, so that the package's own name resolves to the built files. */
const FOLDER = `${PROJECT}/.cache/docs/served`;

/** An app of a document that listens on port 3000, run as a reader runs it, but on another port. */
export class ServedApp {
  readonly folder: string;
  readonly port: number;
  readonly #server: ServerProcess;

  static async start(document: Document, name: string, sessionKey: string): Promise<ServedApp> {
    const { text } = document.blocks.find(({ fileName }) => fileName === name)!;
    const port = await freePort();
    const folder = `${FOLDER}/${port}`;
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/${name}`, text.replaceAll("3000", `${port}`));
    const server = await ServerProcess.start("node", [name], "nodejs", {
      cwd: folder,
      env: { ...process.env, SESSION_KEY: sessionKey },
    });
    const app = new ServedApp(folder, port, server);
    await waitUntil(`the server on port ${port}`, async () => {
      if (server.hasExited) throw new Error(server.output);
      return (await fetch(`http://localhost:${port}/`)).ok;
    });
    return app;
  }

  private constructor(folder: string, port: number, server: ServerProcess) {
    this.folder = folder;
    this.port = port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    await this.#server.end("SIGTERM");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
