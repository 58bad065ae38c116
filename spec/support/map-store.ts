import type { RequestContext } from "@hattip/compose";
import sinon from "sinon";
import { ExternalStore, type Awaitable } from "../../lib/index.js";

export type Hook = "read" | "create" | "update" | "remove";

type Ctx = RequestContext<any>;
type Interference = (call: () => unknown) => unknown;

/**
 * The smallest store there is, four hooks over a Map: a spec can see how they were
 * called, and get into their way.
 */
export class MapStore extends ExternalStore {
  readonly records: Map<string, string> = new Map();

  readonly hooks = {
    read: sinon.spy((key: string, _ctx: Ctx) => this.records.get(key) ?? null),
    create: sinon.spy((key: string, text: string, _ttl: number, _ctx: Ctx) => {
      return !this.records.has(key) && Boolean(this.records.set(key, text));
    }),
    update: sinon.spy((key: string, text: string, _ttl: number, expected: string, _ctx: Ctx) => {
      return this.records.get(key) === expected && Boolean(this.records.set(key, text));
    }),
    remove: sinon.spy((key: string, _ctx: Ctx) => void this.records.delete(key)),
  };

  /** The hooks that were called since `clearCalls()`, in order. */
  readonly calls: Hook[] = [];
  readonly #interferences: { hook: Hook; interference: Interference }[] = [];
  #interferer: ((hook: Hook, call: () => unknown) => unknown) | undefined;

  /** The keys that have reached the backend since `clearCalls()`. */
  get keys(): string[] {
    return Object.values(this.hooks).flatMap((hook) => hook.args.map(([key]) => key));
  }

  /** The one record that there is. */
  get record(): string {
    const [text, ...others] = this.records.values();
    if (text === undefined || others.length > 0) throw new Error("There is not one record.");
    return text;
  }

  /** Puts another text in the place of the one record that there is. */
  set record(text: string) {
    for (const key of this.records.keys()) this.records.set(key, text);
  }

  clearCalls(): void {
    this.calls.length = 0;
    for (const hook of Object.values(this.hooks)) hook.resetHistory();
  }

  /**
   * Has something happen just before the next call of the hook takes effect: what
   * a request beside does, say.
   */
  before(hook: Hook, action: () => unknown): void {
    this.interfere(hook, async (call) => {
      await action();
      return call();
    });
  }

  /** Has the next call of the hook answer with what `interference` does. */
  interfere(hook: Hook, interference: Interference): void {
    this.#interferences.push({ hook, interference });
  }

  /** Has every call from now on answer with what `interferer` does; `undefined` ends it. */
  interfereAlways(interferer?: (hook: Hook, call: () => unknown) => unknown): void {
    this.#interferer = interferer;
  }

  protected read(...args: [string, Ctx]): Awaitable<string | null> {
    return this.#call("read", () => this.hooks.read(...args));
  }

  protected create(...args: [string, string, number, Ctx]): Awaitable<boolean> {
    return this.#call("create", () => this.hooks.create(...args));
  }

  protected update(...args: [string, string, number, string, Ctx]): Awaitable<boolean> {
    return this.#call("update", () => this.hooks.update(...args));
  }

  protected remove(...args: [string, Ctx]): Awaitable<void> {
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
