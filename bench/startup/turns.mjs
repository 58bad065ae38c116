/** Everyone's turn in each round. The order changes, so that other load meets all alike. */
export function* turns(count, rounds) {
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < count; i++) yield (round + i) % count;
  }
}
