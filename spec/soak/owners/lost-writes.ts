import type { AppServer } from "./app-server.js";
import type { Backend } from "./backend.js";
import type { Acknowledgements } from "./messages.js";
import { keyOfOwner } from "./names.js";

/**
 * Redis replicates asynchronously: a replica that is promoted may not have the last writes. This is
 * the proof, for a key whose master was killed:
 *
 * - A read, begun after the backend had acknowledged the replacement of a text, found that text again.
 *   No two texts of a run are equal.
 * - The index, asked after it had acknowledged an entry that nobody has removed, did not have it.
 */
export class LostWrites {
  readonly #backend: Backend;
  readonly #owner: string;
  readonly #all: readonly Acknowledgements[];

  static async of(
    backend: Backend,
    servers: readonly AppServer[],
    owner: string,
    keys: readonly string[],
  ): Promise<LostWrites> {
    const path = `/acknowledged?owner=${owner}&keys=${keys.join(",")}`;
    const responses = await Promise.all(servers.map((server) => server.send(path)));
    return new LostWrites(
      backend,
      owner,
      responses.flatMap(({ body }) => (body ? [body as Acknowledgements] : [])),
    );
  }

  private constructor(backend: Backend, owner: string, all: readonly Acknowledgements[]) {
    this.#backend = backend;
    this.#owner = owner;
    this.#all = all;
  }

  /** Why the session under this key may be alive, in a sentence, if there is a proof. */
  proofFor(key: string): string | undefined {
    if (this.#backend.mayHaveLost(key) && this.#isRecordLost(key)) {
      return `An acknowledged replacement of the record ${key} is lost.`;
    }
    const index = keyOfOwner(this.#owner);
    if (this.#backend.mayHaveLost(index) && this.#isEntryLost(key)) {
      return `The acknowledged entry ${key} of the index ${index} is lost.`;
    }
    return undefined;
  }

  #isRecordLost(key: string): boolean {
    const reads = this.#all.flatMap(({ read }) => read);
    return this.#all
      .flatMap(({ replaced }) => replaced)
      .filter(([record]) => record.startsWith(`${key} `))
      .some(([record, at]) => reads.some(([other, begun]) => other === record && begun > at));
  }

  #isEntryLost(key: string): boolean {
    const earliest = (entries: readonly (readonly [string, number])[]) =>
      Math.min(...entries.filter(([linked]) => linked === key).map(([, at]) => at));
    const linkedAt = earliest(this.#all.flatMap(({ linked }) => linked));
    const unlinkedAt = earliest(this.#all.flatMap(({ unlinked }) => unlinked));
    return this.#all
      .flatMap(({ lists }) => lists)
      .some(([keys, begunAt, endedAt]) => {
        return !keys.includes(key) && linkedAt < begunAt && endedAt < unlinkedAt;
      });
  }
}
