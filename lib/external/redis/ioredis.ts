import { notWritten, UPDATE_SCRIPT, type RedisAdapter } from "./adapter.js";
import type { RedisClient } from "./client.js";
import { withoutCredentials } from "./error.js";

/** The part of ioredis' clients that is used. */
interface Ioredis extends RedisClient {
  readonly status: string;
  readonly isCluster: boolean;
  readonly options: Readonly<Record<string, any>>;
  nodes?(role: "all"): RedisClient[];
  quit(): Promise<unknown>;
  disconnect(): unknown;
}

/**
 * For `new Redis` (with Sentinels, too) and `new Cluster` of ioredis.
 *
 * @returns what must be changed before the client can be used; `undefined` for other clients.
 */
export function adaptIoredis(client: RedisClient): RedisAdapter | string | undefined {
  if (!("isCluster" in client)) return undefined;
  const { isCluster, options } = client as Ioredis;
  const option = isCluster ? "scaleReads" : "role";
  return (options[option] ?? "master") === "master"
    ? adapterOf(client as Ioredis)
    : `remove its option ${option}, because replicas may have sessions that have ended`;
}

function adapterOf(client: Ioredis): RedisAdapter {
  const { isCluster } = client;
  const { sentinels, name, path, host, port } = client.options;
  const server = sentinels ? `Sentinel's ${name}` : withoutCredentials(path ?? `${host}:${port}`);

  /** The number of connections that have been lost so far. */
  let losses = 0;
  const watch = (node: RedisClient): unknown => node.on("close", () => losses++);
  if (isCluster) client.on("+node", watch);
  for (const node of client.nodes?.("all") ?? [client]) watch(node);

  /** When a connection is lost before the reply, ioredis sends the command again over the next one. */
  const write = async (isDone: () => Promise<boolean>): Promise<boolean> => {
    const lossesBefore = losses;
    return (await isDone()) || notWritten(losses !== lossesBefore);
  };

  return {
    address: isCluster ? "the Cluster" : server,
    isOneConnection: !isCluster,
    isOpen: () => !["wait", "end"].includes(client.status),
    isReady: () => client.status === "ready",
    async close() {
      await client.quit();
      // The option failoverDetector keeps connections to the Sentinels until then.
      client.disconnect();
    },
    destroy: () => client.disconnect(),

    read: (key) => client.get(key),
    create: (key, { text, ttl }) =>
      write(async () => (await client.set(key, text, "EX", ttl, "NX")) !== null),
    update: (key, { text, ttl, expected }) =>
      // A client with the option stringNumbers returns "1".
      write(async () => +(await client.eval(UPDATE_SCRIPT, 1, key, expected, text, ttl)) === 1),
    remove: (key) => client.del(key),
    run: (script, key, args) => client.eval(script, 1, key, ...args),
  };
}
