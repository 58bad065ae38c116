import type { BackendCall, Insertion, Replacement } from "../guarded-backend.js";
import type { RedisClient } from "./client.js";
import { notWritten, RedisDriver, UPDATE_SCRIPT } from "./driver.js";

/** The part of ioredis' clients that is used. */
export interface Ioredis extends RedisClient {
  readonly status: string;
  readonly isCluster?: boolean;
  readonly options: {
    readonly host?: string;
    readonly port?: number;
    readonly path?: string;
    readonly name?: string;
    /** Sentinel: "master" if it is not set. */
    readonly role?: string;
    /** Cluster */
    readonly scaleReads?: unknown;
  };
  nodes?(role: "all"): RedisClient[];
  quit(): Promise<unknown>;
  disconnect(): unknown;
}

export function isIoredis(client: Partial<Ioredis>): client is Ioredis {
  return typeof client.quit === "function" && typeof client.status === "string";
}

/** What must be changed before the client can be used; `undefined` if nothing. */
export function objectionToIoredis({ options, isCluster }: Ioredis): string | undefined {
  const readsFromReplicas = isCluster ? options.scaleReads !== "master" : options.role === "slave";
  if (!readsFromReplicas) return undefined;
  const option = isCluster ? "scaleReads" : "role";
  return `remove its option ${option}: replicas may still have sessions that have ended`;
}

/** For ioredis: `new Redis` (with Sentinels, too) and `new Cluster`. */
export class IoredisDriver extends RedisDriver {
  readonly client: Ioredis;
  /** The number of connections that have been lost so far. */
  #losses = 0;

  constructor(client: Ioredis) {
    super(client, client.isCluster !== true);
    this.client = client;
    const watch = (node: RedisClient): unknown => node.on("close", () => this.#losses++);
    if (client.nodes) {
      client.nodes("all").forEach(watch);
      client.on("+node", watch);
    } else {
      watch(client);
    }
  }

  get isOpen(): boolean {
    return !["wait", "end"].includes(this.client.status);
  }

  get isReady(): boolean {
    return this.client.status === "ready";
  }

  protected get server(): string | undefined {
    const { host, port, path, name } = this.client.options;
    return name ?? path ?? (host && `${host}:${port}`);
  }

  close(): Promise<unknown> {
    return this.client.quit();
  }

  protected disconnect(): unknown {
    return this.client.disconnect();
  }

  read(key: string): Promise<string | null> {
    return this.client.get(key);
  }

  create(key: string, { text, ttl }: Insertion): Promise<boolean> {
    return this.#write(async () => (await this.client.set(key, text, "EX", ttl, "NX")) !== null);
  }

  update(key: string, { text, ttl, expected }: Replacement): Promise<boolean> {
    // A client with the option stringNumbers returns "1".
    return this.#write(
      async () => Number(await this.client.eval(UPDATE_SCRIPT, 1, key, expected, text, ttl)) === 1,
    );
  }

  remove(key: string, _call: BackendCall): Promise<unknown> {
    return this.client.del(key);
  }

  /** When a connection is lost before the reply, ioredis sends the command again over the next one. */
  async #write(write: () => Promise<boolean>): Promise<boolean> {
    const lossesBefore = this.#losses;
    return (await write()) || notWritten(this.#losses !== lossesBefore);
  }
}
