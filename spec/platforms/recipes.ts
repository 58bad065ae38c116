import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import tsBlankSpace from "ts-blank-space";
import { Document, PROJECT } from "../docs/document.js";
import { freePort } from "../support/free-port.js";
import { ServerProcess } from "../support/server-process.js";
import { waitUntil } from "../support/wait-until.js";

const page = new Document("docs/deploying.md");

/**
 * Counts the visits of a session. Only /read reads the body. /ready does not use the session.
 */
export const COUNTER = `
import { compose } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import { session } from "@hattip/session";
import { store } from "./store.js";

export default compose(cookie(), session({ store, defaultSessionData: { visits: 0 } }), async (ctx) => {
  if (ctx.url.pathname === "/ready") return new Response();
  const body = ctx.url.pathname === "/read" ? await ctx.request.text() : "";
  return new Response("Visit " + ++ctx.session.data.visits + body);
});
`;

export const MEMORY_STORE = `
import { UnsafeMemoryStore } from "@hattip/session";
export const store = new UnsafeMemoryStore();
`;

export interface ServeOptions {
  /** The path of a Node program. Default: the Node that runs this. */
  readonly node?: string;
  readonly env?: Record<string, string>;
}

export interface Served {
  readonly origin: string;
  readonly process: ServerProcess;
}

/** A folder with code of docs/deploying.md, as it is there, and with other modules that it imports. */
export class Recipes {
  readonly path: string;

  /** By default, the folder is in the project, so that the package's own name resolves to the built files. */
  constructor(name: string, path: string = `${PROJECT}/.cache/docs/platforms/${name}`) {
    this.path = path;
    this.remove();
    mkdirSync(this.path, { recursive: true });
  }

  /** Writes the block that the page calls `<name>.ts`, as `<name>.js`. */
  write(name: string, change: (text: string) => string = (text) => text): void {
    this.add(name, tsBlankSpace(change(recipe(name))));
  }

  /** Writes another module, in JavaScript. */
  add(name: string, text: string): void {
    writeFileSync(`${this.path}/${name}.js`, text);
  }

  import(name: string): Promise<any> {
    return import(`${this.path}/${name}.js`);
  }

  /** Serves a recipe, which listens on port 3000, on a free port. */
  serve(name: string, options?: ServeOptions): Promise<Served> {
    this.write(name, (text) =>
      text.replace("listen(3000)", 'listen(process.env.PORT, "127.0.0.1")'),
    );
    return this.start(name, options);
  }

  /** Serves a module that listens on the port in PORT. */
  async start(name: string, { node = process.execPath, env }: ServeOptions = {}): Promise<Served> {
    const port = await freePort();
    const server = await ServerProcess.start(node, [`${this.path}/${name}.js`], "nodejs", {
      env: { ...process.env, ...env, PORT: `${port}` },
    });
    const origin = `http://127.0.0.1:${port}`;
    await waitUntil(`${name}.js on port ${port}`, async () => {
      if (server.hasExited) throw new Error(server.output);
      return (await fetch(`${origin}/ready`)).ok;
    });
    return { origin, process: server };
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

function recipe(name: string): string {
  const block = page.blocks.find(({ fileName }) => fileName === `${name}.ts`);
  if (!block) throw new Error(`${page.path} has no ${name}.ts`);
  return block.text;
}
