/**
 * mocha's `it`, for suites whose specs wait more than they work: all of a
 * group run beside each other.
 */
export class ConcurrentRunner {
  readonly #limit: number;
  readonly #waiting: (() => Promise<void>)[] = [];

  /** @param limit how many specs run at once */
  constructor(limit: number) {
    this.#limit = limit;
  }

  readonly describe = (title: string, body: () => void): unknown => describe(title, body);

  readonly it = (title: string, body: () => Promise<void>): Mocha.Test => {
    let tell: (result: Promise<void>) => void;
    const told = new Promise<void>((resolve) => (tell = resolve));
    this.#waiting.push(async () => {
      const result = body();
      tell(result);
      await result.catch(() => {}); // it is the spec that fails
    });
    return it(title, () => told);
  };

  /** For a `before` hook. */
  start(): void {
    for (let i = 0; i < this.#limit; i++) void this.#work();
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) await next();
  }
}
