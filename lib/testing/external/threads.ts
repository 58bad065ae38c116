import { assertSame, assertTrue } from "../assertions.js";
import { inParallel } from "../concurrency.js";
import type { Specify } from "../test-runner.js";
import type { CheckedBackend } from "./checked-backend.js";
import type { ExternalStoreContractOptions } from "./options.js";
import { assertLinked } from "./owner-entries.js";
import { textOfRival } from "./races.js";
import { A } from "./record-texts.js";
import { callSeconds, type WithStores } from "./stores-under-test.js";
import { StoreInThread, type HookCall } from "./store-in-thread.js";

const THREADS = 2;
/** One race may be won by luck. */
const RACES = 200;
const LINKS = 50;
const TTL_SECONDS = 3600;
/** More than any chain of promises in a hook that waits for nothing outside this thread. */
const MICROTASKS = 100;

/** The races of a synchronous driver: its calls can only race between threads. */
export function specifyThreads(
  specify: Specify,
  withStores: WithStores,
  options: ExternalStoreContractOptions,
): void {
  const { module, shared = true } = options;
  if (module === undefined) {
    if (!shared) return;
    specify(
      "If the driver is synchronous, its stores race between threads.",
      withStores(async ({ backend }) => {
        assertTrue(!(await answersAtOnce(backend)), NOT_DECLARED);
      }),
    );
    return;
  }
  specify(
    "Of two threads that create() or update() one record at once, exactly one succeeds.",
    withStores(async ({ backend }) => {
      const seconds = callSeconds(options);
      const created = backend.newKeys(RACES);
      const updated = backend.newKeys(RACES);
      for (const key of updated) await backend.create(key, { text: A });
      const arrivals = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
      const threads = Array.from(
        { length: THREADS },
        () => new StoreInThread(module, backend.timeout, seconds, { threads: THREADS, arrivals }),
      );
      try {
        await inParallel(THREADS, (rival) => threads[rival]!.hasStarted());
        await race(backend, threads, "create", created);
        await race(backend, threads, "update", updated);
        if (backend.hasIndex) await raceOfLinks(backend, threads);
      } finally {
        for (const thread of threads) await thread.stop();
        for (const key of created) await backend.remove(key);
      }
    }),
  );
}

const NOT_DECLARED =
  "Its hooks answer without waiting, so calls in one thread never race. Declare module, which two threads import to make their stores; or shared: false, if the records are in the memory of this process.";

async function race(
  backend: CheckedBackend,
  threads: readonly StoreInThread[],
  hook: "create" | "update",
  keys: readonly string[],
): Promise<void> {
  const answers = await inParallel(THREADS, (rival) => {
    const replacement = { text: textOfRival(rival), ttl: TTL_SECONDS, expected: A };
    return threads[rival]!.run(keys.map((key): HookCall => [hook, key, replacement]));
  });
  const wonBy = (at: number): number[] =>
    answers.flatMap((ofRival, rival) => (ofRival[at] === true ? [rival] : []));
  const wins = keys.map((_, at) => wonBy(at).length);
  const [both, none] = [2, 0].map((count) => wins.filter((each) => each === count).length);
  assertTrue(
    both === 0 && none === 0,
    `Of ${RACES} races of ${hook}(), both threads won ${both}, and none won ${none}.`,
  );
  for (const [at, key] of keys.entries()) {
    const what = `The text after a race of ${hook}()`;
    assertSame(what, await backend.read(key), textOfRival(wonBy(at)[0]!));
  }
}

/** Both threads link to one owner. */
async function raceOfLinks(
  backend: CheckedBackend,
  threads: readonly StoreInThread[],
): Promise<void> {
  const owner = backend.newOwner();
  const keys = await inParallel(THREADS, async (rival) => {
    const ofRival = backend.newKeys(LINKS);
    await threads[rival]!.run(ofRival.map((key): HookCall => ["link", owner, key, TTL_SECONDS]));
    return ofRival;
  });
  await assertLinked(backend, owner, keys.flat());
}

/** Whether a hook answers before any timer, socket or other thread can have a turn. */
async function answersAtOnce(backend: CheckedBackend): Promise<boolean> {
  const key = backend.newKey();
  await backend.create(key, { text: A });
  let hasAnswered = false;
  const answer = backend.read(key).then(() => (hasAnswered = true));
  for (let turn = 0; turn < MICROTASKS; turn++) await Promise.resolve();
  const isAtOnce = hasAnswered;
  await answer;
  return isAtOnce;
}
