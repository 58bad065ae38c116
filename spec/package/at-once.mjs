/** As many as continuous integration has cores. */
const WORKERS = 2;

/** Calls `work` with each item, with two of them at once. */
export async function twoAtOnce(items, work) {
  const waiting = [...items];
  async function worker() {
    while (waiting.length > 0) await work(waiting.shift());
  }
  await Promise.all(Array.from({ length: WORKERS }, worker));
}
