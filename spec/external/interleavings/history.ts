import type { Actor } from "./actor.js";

/** The backend calls of a run in their order, and the times between them, for the message of a failure. */
export class History {
  readonly #lines: string[] = [];
  readonly #keys = new Set<string>();

  note(actor: Actor, hook: string, key: string, result: string): void {
    this.#keys.add(key);
    const awaits = actor.isAwaited ? "" : ", not awaited";
    this.#lines.push(`${actor.name} (${actor.operation}${awaits}): ${hook} ${key}: ${result}`);
  }

  noteTime(seconds: number): void {
    this.#lines.push(`${seconds} seconds pass`);
  }

  /** The error, with the calls that led to it. */
  explain(error: unknown): Error {
    const { message } = error instanceof Error ? error : new Error(String(error));
    const calls = this.#lines.join("\n");
    return new Error(this.#withShortNames(`${message}\nThe backend calls:\n${calls}`), {
      cause: error,
    });
  }

  /** Keys are random, so they get short names. */
  #withShortNames(explanation: string): string {
    let text = explanation;
    for (const [index, key] of [...this.#keys].entries()) {
      const hash = key.slice(key.indexOf(":") + 1);
      text = text.replaceAll(key, `key ${index + 1}`).replaceAll(hash, `key ${index + 1}`);
    }
    return text;
  }
}
