import type { Insertion, Replacement } from "../guarded-backend.js";
import {
  isUnknownScript,
  notWritten,
  RedisDriver,
  UPDATE_SCRIPT,
  UPDATE_SHA,
  type RedisClient,
} from "./driver.js";

/** The part of ioredis' clients that is used. */
export interface Ioredis extends RedisClient {
  readonly status: string;
  readonly isCluster?: boolean;
  evalsha(sha: string, keys: number, ...args: string[]): Promise<number>;
  nodes?(role: "all"): RedisClient[];
  quit(): Promise<unknown>;
  disconnect(): unknown;
}

export function isIoredis(client: Partial<Ioredis>): client is Ioredis {
  return (
    typeof client.evalsha === "function" &&
    typeof client.connect === "function" &&
    typeof client.status === "string"
  );
}

/** For ioredis: `new Redis` (with Sentinels, too) and `new Cluster`. */
export class IoredisDriver extends RedisDriver {
  readonly client: Ioredis;
  /** The number of connections that have been lost so far. */
  #losses = 0;

  constructor(client: Ioredis) {
    super(client, client.isCluster !== true, client.isCluster === true);
    this.client = client;
    const watch = (node: RedisClient): unknown => node.on("close", () => this.#losses++);
    if (this.isCluster) {
      client.nodes!("all").forEach(watch);
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
    const args = [key, expected, text, String(ttl)];
    return this.#write(async () => {
      const reply: unknown = await this.client.evalsha(UPDATE_SHA, 1, ...args).catch((error) => {
        if (!isUnknownScript(error)) throw error;
        return this.client.eval(UPDATE_SCRIPT, 1, ...args);
      });
      // A client with the option stringNumbers returns "1".
      return Number(reply) === 1;
    });
  }

  remove(key: string): Promise<unknown> {
    return this.client.del(key);
  }

  /** When a connection is lost before the reply, ioredis sends the command again over the next one. */
  async #write(write: () => Promise<boolean>): Promise<boolean> {
    const lossesBefore = this.#losses;
    return (await write()) || notWritten(this.#losses !== lossesBefore);
  }
}
