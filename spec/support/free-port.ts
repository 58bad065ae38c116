import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

/** Ports that were already returned. A killed server may restart on its old port. */
const taken = new Set<number>();

/**
 * Finds a loopback port on which no process listens. Use it at once, because another process may
 * take it.
 */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  if (taken.has(port)) return freePort();
  taken.add(port);
  return port;
}
