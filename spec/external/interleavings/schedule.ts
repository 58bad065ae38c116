/** Waits until it is this party's turn. */
export type Turn = () => Promise<void>;

/**
 * A party runs without interruption to its first turn, between its turns, and to its end. It may wait
 * for several turns at once.
 */
export type Party = (turn: Turn) => Promise<void>;

/**
 * Returns the index of one of the parties that wait, or of one of the steps that a party can make.
 *
 * @param alternatives - The number of parties that wait, or of steps.
 * @param canGoOn - Whether index 0 is the party that has taken the last step, or its oldest step.
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
  readonly #isComputing: () => boolean;
  readonly #lanes: Lane[] = [];
  /** Whether a party has made several steps at once, so that nothing tells when it is ready. */
  #isParallel = false;

  /** @param isComputing - Whether a party waits for a result of Web Crypto. */
  constructor(choose: Choose, isComputing: () => boolean) {
    this.#choose = choose;
    this.#isComputing = isComputing;
  }

  /** Starts a party. A party that runs may add another one. */
  add(party: Party): void {
    this.#lanes.push(new Lane(party));
  }

  /** Gives no more turns to the party that got this function. */
  drop(turn: Turn): void {
    this.#lanes.find((lane) => lane.turn === turn)?.drop();
  }

  /** Resolves when all parties have ended, and what they have left running. */
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
      const steps = lane.steps;
      lane.step(steps === 1 ? 0 : this.#choose(steps, true));
      if (steps > 1) this.#isParallel = true;
    }
  }

  /** Resolves when each party waits for its turn, has ended, or waits for another party. */
  async #settle(): Promise<void> {
    const isBusy = () => this.#lanes.some((lane) => !lane.isDone && !lane.isWaiting);
    for (let round = 0; round < ROUNDS_TO_SETTLE; round++) {
      if (!this.#isParallel && !isBusy()) break;
      if (this.#isComputing()) round = 0;
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
  readonly turn: Turn = () => this.#turn();
  failure: { readonly error: unknown } | undefined;
  #hasEnded = false;
  #isDropped = false;
  readonly #waiting: (() => void)[] = [];

  constructor(party: Party) {
    party(this.turn).then(
      () => (this.#hasEnded = true),
      (error: unknown) => (this.failure = { error }),
    );
  }

  /** A party that has ended may have left something running. */
  get isDone(): boolean {
    return this.#hasEnded && !this.isWaiting;
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** The number of turns for which the party waits. */
  get steps(): number {
    return this.#waiting.length;
  }

  /** Gives the party one of the turns for which it waits. */
  step(index: number): void {
    const [takeTurn] = this.#waiting.splice(index, 1);
    takeTurn!();
  }

  drop(): void {
    this.#isDropped = true;
    this.#waiting.length = 0;
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#isDropped) this.#waiting.push(resolve);
    });
  }
}
