export function any<T>(choices: readonly T[]): T {
  return choices[Math.floor(Math.random() * choices.length)]!;
}

export function chance(probability: number): boolean {
  return Math.random() < probability;
}

/** A whole number from `first` to `last`. */
export function between(first: number, last: number): number {
  return first + Math.floor(Math.random() * (last - first + 1));
}
