import { createClient } from "redis";
import {
  ExternalStore,
  RedisSessionStore,
  type ExternalStoreOptions,
  type Insertion,
  type Replacement,
} from "../../lib/index.js";
import { PATIENT } from "./patient.js";
import { RedisServer } from "./redis-server.js";
import { TcpProxy } from "./tcp-proxy.js";
import { waitUntil } from "./wait-until.js";

/** The backend of an app. Every process of the app has a store of its own over it. */
export interface ExternalBackend {
  /** Opens a store, like one process of the app. */
  open(options?: ExternalStoreOptions): ExternalStore;
  /** All records and tombstones by their keys. */
  records(): Promise<Map<string, string>>;
  /** The keys in the index of each owner that has one. */
  entries(): Promise<string[][]>;
  /** The seconds after which the backend deletes the record. */
  timeToLive(key: string): Promise<number>;
  /** From now on, no store reaches the backend. Calls fail at once. */
  fail(): Promise<void>;
  /** Ends `fail()`. A store that was open then may need some time to reconnect: open a new one. */
  recover(): Promise<void>;
  /** Deletes all records. */
  clear(): Promise<void>;
  closeStores(): Promise<void>;
  /** Closes the stores, too. */
  stop(): Promise<void>;
}

/** One backend in memory and one real server. External stores behave the same over both. */
export const BACKENDS: Record<string, () => Promise<ExternalBackend>> = {
  memory: async () => new MemoryBackend(),
  Redis: () => RedisBackend.start(),
};

const OWNER_KEY = /:owner:[\w-]{43}$/;

interface Row {
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly dies: number;
}

class MemoryBackend implements ExternalBackend {
  readonly rows: Map<string, Row> = new Map();
  /** For each owner, the keys of its sessions, and when each entry ends: milliseconds since 1970. */
  readonly owners: Map<string, Map<string, number>> = new Map();
  isDown = false;

  open(options?: ExternalStoreOptions): ExternalStore {
    return new RowStore(this, options);
  }

  async records(): Promise<Map<string, string>> {
    return new Map([...this.rows.keys()].flatMap((key) => this.entryOf(key) ?? []));
  }

  async entries(): Promise<string[][]> {
    const owners = [...this.owners.keys()].map((owner) => this.keysOf(owner));
    return owners.filter((keys) => keys.length > 0);
  }

  async timeToLive(key: string): Promise<number> {
    return (this.rows.get(key)!.dies - Date.now()) / 1000;
  }

  async fail(): Promise<void> {
    this.isDown = true;
  }

  async recover(): Promise<void> {
    this.isDown = false;
  }

  async clear(): Promise<void> {
    this.rows.clear();
    this.owners.clear();
  }

  async closeStores(): Promise<void> {}

  async stop(): Promise<void> {}

  entryOf(key: string): [string, string][] | undefined {
    const row = this.rows.get(key);
    return row && Date.now() < row.dies ? [[key, row.text]] : undefined;
  }

  keysOf(owner: string): string[] {
    const entries = [...(this.owners.get(owner) ?? [])];
    return entries.filter(([, dies]) => Date.now() < dies).map(([key]) => key);
  }
}

/** Each hook answers asynchronously, in one atomic step, like a database server. */
class RowStore extends ExternalStore {
  readonly #backend: MemoryBackend;

  constructor(backend: MemoryBackend, options?: ExternalStoreOptions) {
    super(options);
    this.#backend = backend;
  }

  protected async read(key: string): Promise<string | null> {
    await this.#reach();
    return this.#textOf(key);
  }

  protected async create(key: string, insertion: Insertion): Promise<boolean> {
    await this.#reach();
    return this.#textOf(key) === null && this.#write(key, insertion);
  }

  protected async update(key: string, replacement: Replacement): Promise<boolean> {
    await this.#reach();
    return this.#textOf(key) === replacement.expected && this.#write(key, replacement);
  }

  protected async remove(key: string): Promise<void> {
    await this.#reach();
    this.#backend.rows.delete(key);
  }

  protected override async link(owner: string, key: string, ttl: number): Promise<void> {
    await this.#reach();
    const keys = this.#backend.owners.get(owner) ?? new Map<string, number>();
    this.#backend.owners.set(owner, keys);
    keys.set(key, Math.max(Date.now() + ttl * 1000, keys.get(key) ?? 0));
  }

  protected override async unlink(owner: string, key: string): Promise<void> {
    await this.#reach();
    this.#backend.owners.get(owner)?.delete(key);
  }

  protected override async linked(owner: string): Promise<string[]> {
    await this.#reach();
    return this.#backend.keysOf(owner);
  }

  async #reach(): Promise<void> {
    await new Promise(setImmediate);
    if (this.#backend.isDown) throw new Error("connect ECONNREFUSED");
  }

  #textOf(key: string): string | null {
    return this.#backend.entryOf(key)?.[0]?.[1] ?? null;
  }

  #write(key: string, { text, ttl }: Insertion): boolean {
    this.#backend.rows.set(key, { text, dies: Date.now() + ttl * 1000 });
    return true;
  }
}

class RedisBackend implements ExternalBackend {
  readonly #server: RedisServer;
  readonly #proxy: TcpProxy;
  readonly #stores: RedisSessionStore[] = [];
  readonly #clients: { readonly isReady: boolean }[] = [];

  static async start(): Promise<RedisBackend> {
    const server = await RedisServer.start();
    return new RedisBackend(server, await TcpProxy.to(server.port));
  }

  private constructor(server: RedisServer, proxy: TcpProxy) {
    this.#server = server;
    this.#proxy = proxy;
  }

  open(options?: ExternalStoreOptions): ExternalStore {
    const url = `redis://127.0.0.1:${this.#proxy.port}`;
    const getClient = () => {
      const client = createClient({ url });
      this.#clients.push(client);
      return client;
    };
    const store = new RedisSessionStore({ timeout: PATIENT, getClient, ...options });
    this.#stores.push(store);
    return store;
  }

  async records(): Promise<Map<string, string>> {
    const keys = (await this.#keys()).filter((key) => !OWNER_KEY.test(key));
    const entries = keys.map(async (key) => [key, await this.#server.cli("GET", key)] as const);
    return new Map(await Promise.all(entries));
  }

  async entries(): Promise<string[][]> {
    const owners = (await this.#keys()).filter((key) => OWNER_KEY.test(key));
    const lists = owners.map((owner) => this.#server.cli("ZRANGE", owner, "0", "-1"));
    return (await Promise.all(lists)).map((list) => list.split("\n"));
  }

  async timeToLive(key: string): Promise<number> {
    return Number(await this.#server.cli("TTL", key));
  }

  async fail(): Promise<void> {
    await this.#proxy.refuse();
    await waitUntil("the clients to notice it", () => {
      return this.#clients.every(({ isReady }) => !isReady);
    });
  }

  recover(): Promise<void> {
    return this.#proxy.pass();
  }

  async clear(): Promise<void> {
    await this.#proxy.pass();
    await this.#server.cli("FLUSHALL");
  }

  async closeStores(): Promise<void> {
    this.#clients.splice(0);
    for (const store of this.#stores.splice(0)) await store.close();
  }

  async stop(): Promise<void> {
    await this.closeStores();
    await this.#proxy.close();
    await this.#server.stop();
  }

  async #keys(): Promise<string[]> {
    const list = await this.#server.cli("KEYS", "*");
    return list === "" ? [] : list.split("\n");
  }
}
