/** Sleeps until so much time has passed on the clock: workerd's timers fire up to 56 ms early. */
export async function sleep(milliseconds: number): Promise<void> {
  const end = Date.now() + milliseconds;
  for (let left = milliseconds; left > 0; left = end - Date.now()) {
    await new Promise((resolve) => setTimeout(resolve, left));
  }
}

/** Returns a function that waits until it has been called `count` times. */
export function gateFor(count: number): () => Promise<void> {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  let waiting = 0;
  return () => {
    waiting += 1;
    if (waiting === count) open();
    return opened;
  };
}

/**
 * Calls `run` `count` times at once, with the indexes from 0. After a failure it waits for the other
 * calls, too: none may still be running when the store is closed.
 */
export async function inParallel<T>(
  count: number,
  run: (index: number) => Promise<T>,
): Promise<T[]> {
  const calls = Array.from({ length: count }, (_, index) => run(index));
  await Promise.allSettled(calls);
  return Promise.all(calls);
}

/** Calls `run` for every item, for at most `count` items at once. */
export async function inLanes<T>(
  count: number,
  items: readonly T[],
  run: (item: T) => Promise<unknown>,
): Promise<void> {
  await inParallel(count, async (lane) => {
    for (let at = lane; at < items.length; at += count) await run(items[at]!);
  });
}
