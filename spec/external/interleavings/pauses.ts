/** A longer timer is a timeout. */
const LONGEST_PAUSE_MS = 60_000;

/**
 * Runs `work` with pauses that end at once and timeouts that never end, so that only the schedule
 * decides the order of the steps.
 *
 * @param passedSeconds - The time that has passed for the schedule.
 */
export async function withoutPauses<T>(
  passedSeconds: () => number,
  work: () => Promise<T>,
): Promise<T> {
  const { now } = performance;
  const { setTimeout: start, clearTimeout: clear } = globalThis;
  const timers = {
    setTimeout: (callback: () => void, delay = 0) =>
      delay < LONGEST_PAUSE_MS ? setImmediate(callback) : TIMEOUT,
    clearTimeout: (timer: unknown) => {
      if (timer !== TIMEOUT) clearImmediate(timer as NodeJS.Immediate);
    },
  };
  Object.assign(globalThis, timers);
  performance.now = () => now.call(performance) + passedSeconds() * 1000;
  try {
    return await work();
  } finally {
    Object.assign(globalThis, { setTimeout: start, clearTimeout: clear });
    performance.now = now;
  }
}

/** Stands for every timer that never ends. */
const TIMEOUT = { ref: () => TIMEOUT, unref: () => TIMEOUT };
