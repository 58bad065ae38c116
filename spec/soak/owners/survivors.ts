import type { AppServer } from "./app-server.js";
import type { Backend } from "./backend.js";
import type { Cookies, HeldCookie } from "./cookies.js";
import type { Findings } from "./findings.js";
import { LostWrites } from "./lost-writes.js";
import { IDLE_TIMEOUT_SECONDS, keyOfId } from "./names.js";

/** Looks at every cookie of a round, and judges what it finds. */
export class Survivors {
  /** Sessions that must live, and whose they are. */
  readonly living = new Map<HeldCookie, string>();
  readonly #owner: string;
  readonly #cookies: Cookies;
  readonly #findings: Findings;
  readonly #begunAt = Date.now();
  /** The IDs of the owner's sessions at the last look. */
  readonly #alive = new Set<string>();
  /** What is wrong, by a sentence, and the keys that it is about. */
  readonly #problems = new Map<string, readonly string[]>();

  constructor(owner: string, cookies: Cookies, findings: Findings) {
    this.#owner = owner;
    this.#cookies = cookies;
    this.#findings = findings;
  }

  /** Each session must be dead, must live, or may live, because its log-in was late. */
  async look(): Promise<void> {
    this.#alive.clear();
    await Promise.all(this.#cookies.all.map((held) => this.lookAt(held)));
  }

  async lookAt(held: HeldCookie): Promise<void> {
    const { mustDie } = held;
    const expected = this.living.get(held);
    const { status, body } = await this.#cookies.send("/", held);
    if (status !== 200) return;
    const { owner, id } = body as { owner?: string; id?: string };
    if (owner === this.#owner) this.#alive.add(id!);
    if (expected !== undefined) {
      if (owner === expected) this.#findings.spared++;
      else if (this.#isShort()) this.#add("A session that had to live is dead:", held.keys);
    } else if (mustDie) {
      if (owner !== this.#owner) this.#findings.dead++;
      else this.#add("A session has survived:", held.keys);
    } else if (owner === this.#owner) {
      this.#findings.lateLogIns++;
    }
  }

  /** Nothing is under way: the list has exactly the sessions that are alive. */
  async compareList(): Promise<void> {
    const { status, body } = await this.#cookies.send(`/sessions-of?owner=${this.#owner}`);
    if (status !== 200) return;
    const listed = new Set(body as string[]);
    for (const id of this.#alive) {
      if (!listed.has(id)) this.#add("A living session is not in the list:", [keyOfId(id)]);
    }
    // The response of a request that failed could have had its cookie.
    if (this.#cookies.hasFailures) return;
    for (const id of listed) {
      if (!this.#alive.has(id)) this.#add("A session in the list is not alive:", [keyOfId(id)]);
    }
    this.#findings.lists++;
  }

  /** Separates what the backend has lost from what the store has done wrong. */
  async report(backend: Backend, servers: readonly AppServer[], call: string): Promise<void> {
    if (this.#problems.size === 0) return;
    const all = [...this.#problems.values()].flat();
    const lost = await LostWrites.of(backend, servers, this.#owner, all);
    for (const [sentence, keys] of this.#problems) {
      const proof = keys.map((key) => lost.proofFor(key)).find(Boolean);
      const found = `${this.#owner}, ${call}: ${sentence}`;
      if (proof === undefined) this.#findings.violations.push(found);
      else this.#findings.lost.push(`${found} ${proof}`);
    }
  }

  /** On a busy machine with a fault, a round may outlast its sessions. */
  #isShort(): boolean {
    return Date.now() < this.#begunAt + IDLE_TIMEOUT_SECONDS * 1000;
  }

  #add(what: string, keys: readonly string[]): void {
    this.#problems.set(`${what} ${keys[0]}.`, keys);
  }
}
