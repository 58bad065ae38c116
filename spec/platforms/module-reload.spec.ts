import { once } from "node:events";
import { cpSync, readFileSync, symlinkSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createMiddleware } from "@hattip/adapter-node";
import { expect } from "chai";
import { createServer as createViteServer, type ViteDevServer } from "vite";
import { PROJECT } from "../docs/document.js";
import { RedisServer } from "../support/redis-server.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { waitUntil } from "../support/wait-until.js";
import { COUNTER, Recipes } from "./recipes.js";

describe("The recipe for dev servers", () => {
  let redis: RedisServer;
  let folder: ReturnType<typeof temporaryFolder>;
  let recipes: Recipes;
  let vite: ViteDevServer;
  let server: Server;
  let cookie: string;

  before(async () => {
    redis = await RedisServer.start();
    process.env.REDIS_URL = redis.url;
  });
  after(async () => {
    delete process.env.REDIS_URL;
    await redis.stop();
  });

  async function serve(change: (text: string) => string): Promise<void> {
    folder = temporaryFolder("module-reload");
    // Vite reloads what is in the project. The package is installed, as in an app.
    recipes = new Recipes("module-reload", folder.path);
    const packages = `${folder.path}/node_modules`;
    for (const file of ["dist", "lib", "package.json"]) {
      const target = `${packages}/@hattip/session/${file}`;
      cpSync(`${PROJECT}/${file}`, target, { recursive: true });
    }
    for (const name of ["@hattip/compose", "@hattip/cookie", "redis"]) {
      symlinkSync(`${PROJECT}/node_modules/${name}`, `${packages}/${name}`);
    }
    recipes.write("store", change);
    recipes.add("handler", COUNTER);
    vite = await createViteServer({
      root: recipes.path,
      configFile: false,
      appType: "custom",
      logLevel: "error",
      optimizeDeps: { noDiscovery: true },
      server: { middlewareMode: true, ws: false },
    });
    const hattip = createMiddleware(async (ctx) => {
      const { default: handler } = await vite.ssrLoadModule("/handler.js");
      return handler(ctx);
    });
    server = createServer(hattip).listen(0, "127.0.0.1");
    await once(server, "listening");
    cookie = "";
  }

  afterEach(async () => {
    const store = (globalThis as any).sessionStore;
    Reflect.deleteProperty(globalThis, "sessionStore");
    await store?.close?.();
    server.closeAllConnections();
    server.close();
    await vite.close();
    folder.remove();
  });

  async function visit(): Promise<string> {
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { cookie } });
    cookie = response.headers.getSetCookie()[0]?.split(";", 1)[0] ?? cookie;
    return response.text();
  }

  /** Edits a file, and waits for Vite. It overlooks an edit that follows another one quickly. */
  async function edit(name: string): Promise<void> {
    const path = `${recipes.path}/${name}.js`;
    const module = vite.environments.ssr.moduleGraph.getModuleById(path)!;
    let edited = -Infinity;
    await waitUntil("Vite to see an edit", () => {
      if (performance.now() > edited + 1000) {
        recipes.add(name, `${readFileSync(path, "utf8")}\n// edited\n`);
        edited = performance.now();
      }
      return module.transformResult === null;
    });
  }

  it("keeps one Redis client while modules are reloaded", async () => {
    await serve((text) => text);
    expect(await visit()).to.equal("Visit 1");
    const clients = await redis.clientCount();
    for (let reload = 1; reload <= 3; reload++) {
      await edit("store");
      expect(await visit()).to.equal(`Visit ${1 + reload}`);
    }
    await vite.restart();
    expect(await visit()).to.equal("Visit 5");
    expect(await redis.clientCount()).to.equal(clients);
  });

  it("keeps the sessions of a store in memory, too", async () => {
    await serve(inMemory);
    expect(await visit()).to.equal("Visit 1");
    await edit("store");
    expect(await visit()).to.equal("Visit 2");
    await edit("handler");
    expect(await visit()).to.equal("Visit 3");
  });

  it("does what a store of the module alone does not do", async () => {
    await serve((text) => inMemory(text).replace("globalThis.sessionStore ??=", ""));
    expect(await visit()).to.equal("Visit 1");
    expect(await visit()).to.equal("Visit 2");
    await edit("store");
    expect(await visit()).to.equal("Visit 1");
  });
});

/** The recipe with another store. */
function inMemory(text: string): string {
  return text
    .replace(/new RedisSessionStore\(.*\)\);/s, "new UnsafeMemoryStore());")
    .replaceAll("RedisSessionStore", "UnsafeMemoryStore");
}
