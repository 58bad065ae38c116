/** Like mocha's `it`, for suites whose specs mostly wait: it runs several specs at once. */
export class ConcurrentRunner {
  readonly #limit: number;
  readonly #waiting: (() => Promise<void>)[] = [];

  /** @param limit the number of specs that run at once */
  constructor(limit: number) {
    this.#limit = limit;
  }

  readonly describe = (title: string, body: () => void): unknown => describe(title, body);

  readonly it = (title: string, body: () => Promise<void>): Mocha.Test => {
    let settle: (result: Promise<void>) => void;
    const outcome = new Promise<void>((resolve) => (settle = resolve));
    outcome.catch(() => {}); // a failure may come before mocha asks for it
    this.#waiting.push(async () => {
      const result = body();
      settle(result);
      await result.catch(() => {}); // mocha reports this failure from the spec's own promise
    });
    return it(title, () => outcome);
  };

  /** Starts the specs. A `before` hook calls it. */
  start(): void {
    for (let i = 0; i < this.#limit; i++) void this.#work();
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) await next();
  }
}
