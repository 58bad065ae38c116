import sinon from "sinon";
import {
  ExternalStore,
  type Awaitable,
  type BackendCall,
  type Insertion,
  type Replacement,
} from "../../lib/index.js";

export type Hook = "read" | "create" | "update" | "remove";

/** A session that has moved to a new ID, or has ended: the record expired in 1970. */
const TOMBSTONE = /^1\.\d+\.0\./;

type Interference = (call: () => unknown) => unknown;

/**
 * The smallest possible store: four hooks over a Map. A spec can inspect the calls of the hooks and
 * interfere with them.
 */
export class MapStore extends ExternalStore {
  readonly records: Map<string, string> = new Map();

  readonly hooks = {
    read: sinon.spy((key: string, _call: BackendCall) => this.records.get(key) ?? null),
    create: sinon.spy((key: string, { text }: Insertion, _call: BackendCall) => {
      return !this.records.has(key) && Boolean(this.records.set(key, text));
    }),
    update: sinon.spy((key: string, { text, expected }: Replacement, _call: BackendCall) => {
      return this.records.get(key) === expected && Boolean(this.records.set(key, text));
    }),
    remove: sinon.spy((key: string, _call: BackendCall) => void this.records.delete(key)),
  };

  /** The hooks that were called since the last `clearCalls()`, in order. */
  readonly calls: Hook[] = [];
  readonly #interferences: { hook: Hook; interference: Interference }[] = [];
  #interferer: ((hook: Hook, call: () => unknown) => unknown) | undefined;

  /**
   * With this hook, the requests do not queue up: a spec can let one write while another one writes,
   * as if each ran in a process of its own.
   */
  override release(): void {}

  /** The keys that have reached the backend since the last `clearCalls()`. */
  get keys(): string[] {
    return Object.values(this.hooks).flatMap((hook) => hook.args.map(([key]) => key));
  }

  /** The texts of all records that are no tombstones. */
  get sessions(): string[] {
    return [...this.records.values()].filter((text) => !TOMBSTONE.test(text));
  }

  /** The texts of all tombstones. */
  get tombstones(): string[] {
    return [...this.records.values()].filter((text) => TOMBSTONE.test(text));
  }

  /** The text of the only record that is no tombstone. */
  get record(): string {
    const [text, ...others] = this.sessions;
    if (text === undefined || others.length > 0)
      throw new Error("There is not exactly one record.");
    return text;
  }

  /** Replaces the text of the only record that is no tombstone. */
  set record(text: string) {
    for (const [key, old] of this.records) if (!TOMBSTONE.test(old)) this.records.set(key, text);
  }

  clearCalls(): void {
    this.calls.length = 0;
    for (const hook of Object.values(this.hooks)) hook.resetHistory();
  }

  /**
   * Runs `action` just before the next call of the hook takes effect. The action can stand for a
   * concurrent request, for example.
   */
  before(hook: Hook, action: () => unknown): void {
    this.interfere(hook, async (call) => {
      await action();
      return call();
    });
  }

  /** Makes the next call of the hook return the result of `interference`. */
  interfere(hook: Hook, interference: Interference): void {
    this.#interferences.push({ hook, interference });
  }

  /** Makes every later call return the result of `interferer`. `undefined` ends that. */
  interfereAlways(interferer?: (hook: Hook, call: () => unknown) => unknown): void {
    this.#interferer = interferer;
  }

  protected read(...args: [string, BackendCall]): Awaitable<string | null> {
    return this.#call("read", () => this.hooks.read(...args));
  }

  protected create(...args: [string, Insertion, BackendCall]): Awaitable<boolean> {
    return this.#call("create", () => this.hooks.create(...args));
  }

  protected update(...args: [string, Replacement, BackendCall]): Awaitable<boolean> {
    return this.#call("update", () => this.hooks.update(...args));
  }

  protected remove(...args: [string, BackendCall]): Awaitable<void> {
    return this.#call("remove", () => this.hooks.remove(...args));
  }

  #call<T>(hook: Hook, call: () => T): T {
    this.calls.push(hook);
    const index = this.#interferences.findIndex((planned) => planned.hook === hook);
    if (index >= 0) {
      const [planned] = this.#interferences.splice(index, 1);
      return planned!.interference(call) as T;
    }
    return (this.#interferer ? this.#interferer(hook, call) : call()) as T;
  }
}
