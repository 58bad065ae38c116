import { setTimeout as sleep } from "node:timers/promises";
import type { Replacement } from "../../../lib/external/backend-hooks.js";
import type { ExternalStore } from "../../../lib/node.js";
import { Acknowledged } from "./acknowledged.js";

/** One command in so many waits. */
const PAUSED = 3;

/** A tombstone that names the successor. */
const MOVED = /^1\.\d+\.0\../;
/** The text of a key that has no record. */
const NOTHING = "";

type Hooks = Record<
  "read" | "create" | "update" | "remove" | "link" | "unlink" | "linked",
  (key: string, ...rest: any[]) => Promise<any>
>;

/**
 * Makes a store slow, as on a network, so that its steps meet those of other processes, and notes what
 * its backend has acknowledged.
 */
export class WatchedHooks {
  readonly acknowledged = new Acknowledged();
  readonly #suspensions = { list: 0, move: 0 };
  readonly #maxPauseMs: number;

  constructor(store: ExternalStore, maxPauseMs: number) {
    this.#maxPauseMs = maxPauseMs;
    const hooks = store as unknown as Hooks;
    this.#watchRecords(hooks);
    this.#watchIndex(hooks);
    for (const name of NAMES) {
      const hook = hooks[name];
      hooks[name] = async (...args) => {
        await this.#pause();
        const answer: unknown = await hook.apply(store, args);
        await this.#pause();
        return answer;
      };
    }
  }

  /** When this process has next read an index, it stands still. */
  suspendAfterList(seconds: number): void {
    if (seconds > 0) this.#suspensions.list = seconds;
  }

  /** When this process has next written the tombstone of a session that moves, it stands still. */
  suspendAfterMove(seconds: number): void {
    if (seconds > 0) this.#suspensions.move = seconds;
  }

  #watchRecords(store: Hooks): void {
    const { acknowledged } = this;
    const { read, create, update, remove } = store;
    store.read = async (key, call) => {
      const begunAt = Date.now();
      const text = (await read.call(store, key, call)) as string | null;
      acknowledged.read(key, text ?? NOTHING, begunAt);
      return text;
    };
    store.create = async (key, ...rest) => {
      const isCreated = (await create.call(store, key, ...rest)) as boolean;
      if (isCreated) acknowledged.replaced(key, NOTHING);
      return isCreated;
    };
    store.update = async (key, replacement: Replacement, call) => {
      const isReplaced = (await update.call(store, key, replacement, call)) as boolean;
      if (isReplaced) acknowledged.replaced(key, replacement.expected);
      if (MOVED.test(replacement.text)) this.#suspend("move");
      return isReplaced;
    };
    store.remove = async (key, call) => {
      acknowledged.removed(key);
      await remove.call(store, key, call);
    };
  }

  #watchIndex(store: Hooks): void {
    const { acknowledged } = this;
    const { link, unlink, linked } = store;
    store.link = async (owner, key: string, ...rest) => {
      await link.call(store, owner, key, ...rest);
      acknowledged.linked(owner, key);
    };
    store.unlink = async (owner, key: string, call) => {
      acknowledged.unlinked(owner, key);
      await unlink.call(store, owner, key, call);
    };
    store.linked = async (owner, call) => {
      const begunAt = Date.now();
      const keys = (await linked.call(store, owner, call)) as string[];
      acknowledged.listed(owner, keys, begunAt);
      this.#suspend("list");
      return keys;
    };
  }

  #suspend(after: "list" | "move"): void {
    const seconds = this.#suspensions[after];
    this.#suspensions[after] = 0;
    if (seconds > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000);
  }

  async #pause(): Promise<void> {
    if (this.#maxPauseMs === 0 || Math.random() * PAUSED > 1) return;
    await sleep(Math.random() * this.#maxPauseMs);
  }
}

const NAMES = ["read", "create", "update", "remove", "link", "unlink", "linked"] as const;
