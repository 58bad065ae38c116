/** Waits until it is this party's turn. */
export type Turn = () => Promise<void>;

/** A party runs without interruption to its first turn, between its turns, and to its end. */
export type Party = (turn: Turn) => Promise<void>;

/**
 * Returns the index of one of the parties that wait.
 *
 * @param alternatives - The number of parties that wait.
 * @param canGoOn - Whether index 0 is the party that has taken the last step.
 */
export type Choose = (alternatives: number, canGoOn: boolean) => number;

/**
 * A pause of the library takes one round of the event loop, and so does what follows it. A party
 * that still does not wait for its turn then waits for another party.
 */
const ROUNDS_TO_SETTLE = 5;

/** Runs parties one step at a time. `choose` selects the party that takes the next step. */
export class Schedule {
  readonly #choose: Choose;
  readonly #lanes: Lane[] = [];

  constructor(choose: Choose) {
    this.#choose = choose;
  }

  /** Starts a party. A party that runs may add another one. */
  add(party: Party): void {
    this.#lanes.push(new Lane(party));
  }

  /** Resolves when all parties have ended. */
  async run(): Promise<void> {
    for (;;) {
      await this.#settle();
      const running = this.#lanes.filter((lane) => !lane.isDone);
      if (running.length === 0) return;
      const waiting = running.filter((lane) => lane.isWaiting);
      if (waiting.length === 0) throw new Error("The requests wait for each other for ever.");
      const canGoOn = waiting[0] === this.#lanes[0];
      const index = waiting.length === 1 ? 0 : this.#choose(waiting.length, canGoOn);
      const lane = waiting[index]!;
      this.#lanes.sort((a, b) => Number(b === lane) - Number(a === lane));
      lane.step();
    }
  }

  /** Resolves when each party waits for its turn, has ended, or waits for another party. */
  async #settle(): Promise<void> {
    const isBusy = () => this.#lanes.some((lane) => !lane.isDone && !lane.isWaiting);
    for (let round = 0; isBusy() && round < ROUNDS_TO_SETTLE; round++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const { failure } of this.#lanes) if (failure) throw failure.error;
  }
}

/**
 * Calls `run` for each possible sequence of choices, depth first. Returns their number.
 *
 * @param maxSwitches - How often another party may take its turn although the last one can go on.
 */
export async function everySchedule(
  run: (choose: Choose) => Promise<void>,
  maxSwitches = Infinity,
): Promise<number> {
  let prescribed: number[] = [];
  for (let count = 1; ; count++) {
    const made: { choice: number; alternatives: number }[] = [];
    let switches = 0;
    await run((alternatives, canGoOn) => {
      if (canGoOn && switches === maxSwitches) return 0;
      const choice = prescribed[made.length] ?? 0;
      if (canGoOn && choice > 0) switches++;
      made.push({ choice, alternatives });
      return choice;
    });
    while (made.length > 0 && made.at(-1)!.choice + 1 === made.at(-1)!.alternatives) made.pop();
    if (made.length === 0) return count;
    made.at(-1)!.choice++;
    prescribed = made.map(({ choice }) => choice);
  }
}

class Lane {
  isDone = false;
  failure: { readonly error: unknown } | undefined;
  #takeTurn: (() => void) | undefined;

  constructor(party: Party) {
    party(() => this.#turn()).then(
      () => (this.isDone = true),
      (error: unknown) => (this.failure = { error }),
    );
  }

  get isWaiting(): boolean {
    return this.#takeTurn !== undefined;
  }

  /** Gives the party one turn. */
  step(): void {
    const takeTurn = this.#takeTurn;
    this.#takeTurn = undefined;
    takeTurn!();
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#takeTurn = resolve;
    });
  }
}
