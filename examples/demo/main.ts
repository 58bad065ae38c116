// bin/demo starts the demo on http://localhost:3000, or over https with the files that TLS_CERT and TLS_KEY name.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createMiddleware } from "@hattip/adapter-node";
import { EncryptedCookieStore } from "@hattip/session";
import { createApp } from "./app.js";
import { PACES, Site, type Pace } from "./site.js";
import { ownRedis, STORES, type StoreName } from "./stores.js";

const { PORT = "3000", SESSION_STORE = "memory", SESSION_KEY, TLS_CERT, TLS_KEY } = process.env;

const first = STORES.find((name) => name === SESSION_STORE);
if (!first) throw new TypeError(`SESSION_STORE must be one of ${STORES.join(", ")}.`);
const stores: StoreName[] = [first, ...STORES.filter((name) => name !== first)];
const paces = Object.keys(PACES) as Pace[];

// With a key from the environment, cookies stay valid after a restart.
const keys = [SESSION_KEY || (await EncryptedCookieStore.generateKey())];
const tls = TLS_CERT && TLS_KEY && { cert: readFileSync(TLS_CERT), key: readFileSync(TLS_KEY) };

const sites = stores.flatMap((store) =>
  paces.map((pace) => new Site(store, pace, keys, Boolean(tls))),
);
const listener = createMiddleware(createApp(sites));
const server = tls ? createSecureServer(tls, listener) : createServer(listener);

server.once("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EADDRINUSE") throw error;
  console.error(`Port ${PORT} is taken. Choose another: PORT=${Number(PORT) + 1} bin/demo`);
  process.exit(1);
});
server.listen(Number(PORT), "localhost", () => {
  console.log(`The demo is at ${tls ? "https" : "http"}://localhost:${PORT}`);
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
    void stopStores();
  });
}

async function stopStores(): Promise<void> {
  await Promise.all(sites.map(async (site) => site.close()));
  await ownRedis?.stop();
}
