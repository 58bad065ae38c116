import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

/** A server that has been killed may want its port again. */
const taken = new Set<number>();

/**
 * A loopback port that nobody listens on. Another process may take it meanwhile: use it at once.
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
