/** Waits until it is this party's turn. */
export type Turn = () => Promise<void>;

/** A party runs without interruption to its first turn, between its turns, and to its end. */
export type Party = (turn: Turn) => Promise<void>;

/** Returns the index of one of the parties that wait; `alternatives` is their number. */
export type Choose = (alternatives: number) => number;

/** Runs the parties one step at a time. `choose` selects the party that takes the next step. */
export async function interleave(parties: Party[], choose: Choose): Promise<void> {
  const lanes = parties.map((party) => new Lane(party));
  for (const lane of lanes) await lane.start();
  for (;;) {
    const waiting = lanes.filter((lane) => !lane.isDone);
    if (waiting.length === 0) return;
    await waiting[waiting.length === 1 ? 0 : choose(waiting.length)]!.step();
  }
}

/** Calls `run` for each possible sequence of choices, depth first. Returns their number. */
export async function everySchedule(run: (choose: Choose) => Promise<void>): Promise<number> {
  let prescribed: number[] = [];
  for (let count = 1; ; count++) {
    const made: { choice: number; alternatives: number }[] = [];
    await run((alternatives) => {
      const choice = prescribed[made.length] ?? 0;
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
  readonly #party: Party;
  #takeTurn: () => void = () => {};
  #pause: () => void = () => {};
  #fail: (error: unknown) => void = () => {};

  constructor(party: Party) {
    this.#party = party;
  }

  /** Resolves when the party waits for its first turn, or has ended. */
  start(): Promise<void> {
    const paused = this.#untilItPauses();
    this.#party(() => this.#turn()).then(
      () => {
        this.isDone = true;
        this.#pause();
      },
      (error: unknown) => this.#fail(error),
    );
    return paused;
  }

  /** Gives the party one turn. Resolves when it waits for its next turn, or has ended. */
  step(): Promise<void> {
    const paused = this.#untilItPauses();
    this.#takeTurn();
    return paused;
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#takeTurn = resolve;
      this.#pause();
    });
  }

  #untilItPauses(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pause = resolve;
      this.#fail = reject;
    });
  }
}
