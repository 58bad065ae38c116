// Serves each documented app on its own port, prints the origins, and ends when stdin is closed.
import { createServer } from "@hattip/adapter-node";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { appWith, documentedApp } from "./app.js";
import { documentedStores } from "./stores.js";

async function main() {
  const stores = await documentedStores();
  const apps = Object.entries(stores).map(([name, store]) => [name, appWith(store)] as const);
  const origins: Record<string, string> = {};
  const servers = [];
  for (const [name, app] of [["The first lines", await documentedApp()] as const, ...apps]) {
    const server = createServer(app).listen(0, "127.0.0.1");
    await once(server, "listening");
    origins[name] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    servers.push(server);
  }
  console.log(JSON.stringify(origins));

  await once(process.stdin.resume(), "end");
  for (const server of servers) server.close();
  await stores.RedisSessionStore.close();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
