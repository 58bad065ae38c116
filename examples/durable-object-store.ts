// A store on Cloudflare Durable Objects that a Worker can import: strongly consistent, which Workers
// KV is not. spec/examples/durable-object-worker.ts shows how to use it.
//
// The Worker's main module exports the class of the objects:
//
//     export { SessionObject } from "./durable-object-store.js";
//
// wrangler.toml declares their namespace:
//
//     [[durable_objects.bindings]]
//     name = "SESSIONS"
//     class_name = "SessionObject"
//
//     [[migrations]]
//     tag = "v1"
//     new_sqlite_classes = ["SessionObject"]
import type { DurableObjectNamespace, DurableObjectStub } from "@cloudflare/workers-types";
import {
  ExternalStore,
  type BackendCall,
  type ExternalStoreOptions,
  type Insertion,
  type Replacement,
} from "@hattip/session";
import { DurableObject } from "cloudflare:workers";

interface Row {
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** The name of the only row of a session's object. */
const RECORD = "record";

/**
 * The object of one session, or of one owner, which has a row for each of the owner's keys.
 *
 * A method that reads, compares and writes is one atomic step: while the storage works, no other call
 * gets into the object (its input gate is closed). That holds as long as the method awaits nothing
 * but the storage. A caller gets the answer when the write is on disk (the output gate). Nothing is
 * written for a key that is only read, so made-up IDs leave no objects behind.
 */
export class SessionObject extends DurableObject {
  async read(): Promise<string | null> {
    const row = await this.ctx.storage.get<Row>(RECORD);
    return row && Date.now() < row.expires ? row.text : null;
  }

  async create({ text, ttl }: Insertion): Promise<boolean> {
    return (await this.read()) === null && this.#write(RECORD, text, ttl);
  }

  async update({ text, ttl, expected }: Replacement, deadline: number): Promise<boolean> {
    if (Date.now() > deadline) throw new Error("The update came after the store's timeout.");
    return (await this.read()) === expected && this.#write(RECORD, text, ttl);
  }

  async link(key: string, ttl: number): Promise<void> {
    const row = await this.ctx.storage.get<Row>(key);
    // An entry must never end earlier than it would have without this call.
    if (!row || row.expires < Date.now() + ttl * 1000) await this.#write(key, "", ttl);
  }

  async linked(): Promise<string[]> {
    const rows = await this.ctx.storage.list<Row>();
    return [...rows].flatMap(([key, { expires }]) => (Date.now() < expires ? [key] : []));
  }

  async remove(name: string = RECORD): Promise<void> {
    await this.ctx.storage.delete(name);
  }

  /** Deletes the rows that are over. An object without rows and alarm no longer exists. */
  override async alarm(): Promise<void> {
    const { storage } = this.ctx;
    let next = Infinity;
    for (const [name, { expires }] of await storage.list<Row>()) {
      // Rows that were written again since the alarm was set live on.
      if (Date.now() < expires) next = Math.min(next, expires);
      else await storage.delete(name);
    }
    if (next === Infinity) await storage.deleteAll();
    else await storage.setAlarm(next);
  }

  async #write(name: string, text: string, ttl: number): Promise<true> {
    const { storage } = this.ctx;
    const expires = Date.now() + ttl * 1000;
    const alarm = await storage.getAlarm();
    // Before the row: no row is ever without an alarm.
    if (alarm === null || expires < alarm) await storage.setAlarm(expires);
    await storage.put<Row>(name, { text, expires });
    return true;
  }
}

/** The options of `DurableObjectSessionStore`. */
export interface DurableObjectSessionStoreOptions extends ExternalStoreOptions {
  /** Returns the namespace of the objects, which a Worker can reach through the request's context. */
  getNamespace(ctx: BackendCall["ctx"]): DurableObjectNamespace<SessionObject>;
}

/**
 * Keeps sessions in Cloudflare Durable Objects: one object for each session, and one for each owner.
 *
 * What is guaranteed: every location sees each write at once, `update()` is atomic, and a session that
 * was ended stays ended. A write that was answered survives the failure of a machine.
 *
 * What it costs: each hook is one request to an object, wherever that is: an object stays near the place
 * of its first request, for example the log-in. A request that only reads its session calls one hook,
 * one that changes or renews it two. When a session is over, an alarm deletes its object. Alarms are
 * requests, too: about one in each `idleTimeout`.
 *
 * After the store's `timeout`, a call goes on, even when the request that made it is over: an object
 * cannot get the hook's `signal` (without the compatibility flag `enable_abortsignal_rpc`). So `update`
 * says until when the object may write. The other hooks do no harm if they are late: what they write,
 * no client knows, and what they delete is over.
 *
 * @example
 * ```ts
 * const store = new DurableObjectSessionStore({
 *   getNamespace: (ctx) => ctx.platform.env.SESSIONS,
 * });
 * ```
 */
export class DurableObjectSessionStore extends ExternalStore {
  readonly #getNamespace: DurableObjectSessionStoreOptions["getNamespace"];

  constructor({ getNamespace, ...options }: DurableObjectSessionStoreOptions) {
    super(options);
    this.#getNamespace = getNamespace;
  }

  protected read(key: string, call: BackendCall): Promise<string | null> {
    return this.#object(key, call).read();
  }

  protected create(key: string, insertion: Insertion, call: BackendCall): Promise<boolean> {
    return this.#object(key, call).create(insertion);
  }

  protected update(key: string, replacement: Replacement, call: BackendCall): Promise<boolean> {
    const deadline = Date.now() + this.timeout * 1000;
    return this.#object(key, call).update(replacement, deadline);
  }

  protected remove(key: string, call: BackendCall): Promise<void> {
    return this.#object(key, call).remove();
  }

  protected override link(
    owner: string,
    key: string,
    ttl: number,
    call: BackendCall,
  ): Promise<void> {
    return this.#object(owner, call).link(key, ttl);
  }

  protected override unlink(owner: string, key: string, call: BackendCall): Promise<void> {
    return this.#object(owner, call).remove(key);
  }

  protected override linked(owner: string, call: BackendCall): Promise<string[]> {
    return this.#object(owner, call).linked();
  }

  #object(name: string, { ctx }: BackendCall): DurableObjectStub<SessionObject> {
    const namespace = this.#getNamespace(ctx);
    return namespace.get(namespace.idFromName(name));
  }
}
