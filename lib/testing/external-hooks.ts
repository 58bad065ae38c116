import type { Backend } from "./backend.js";
import { assertSame, assertTrue, inParallel, show, sleep, type Specify } from "./contract.js";
import type { ExternalStoreContractOptions, WithStores } from "./external-store-contract.js";
import { allOfUnicode, JSON_SHAPES, NEARLY_EQUAL, recordOf, UNUSUAL_TEXTS } from "./samples.js";

const A: string = recordOf('{"text":"a"}');
const B: string = recordOf('{"text":"b"}');
const C: string = recordOf('{"text":"c"}');
const HOUR = 3600;
/** Seconds: no time is longer anywhere in this package. */
const LONGEST = 1_000_000_000;
/** How many race each other. */
const RIVALS = 16;
const RACES = 5;
/** How many texts are on their way at once. */
const LANES = 8;
/** Seconds that a spec is ready to wait for a record to go. */
const PATIENCE = 10;

/** What the four hooks promise, told by themselves. */
export function specifyHooks(
  specify: Specify,
  withStores: WithStores,
  options: ExternalStoreContractOptions,
): void {
  const { compares = true } = options;

  specify(
    "The store declares by `compares` whether update() compares.",
    withStores(async ({ backend }) => assertSame("compares", backend.compares, compares)),
  );
  specifyRead(specify, withStores, options);
  specifyCreate(specify, withStores, compares);
  specifyUpdate(specify, withStores);
  if (compares) specifyComparison(specify, withStores);
  specifyRemove(specify, withStores);
  specifyLifetime(specify, withStores, options);
}

function specifyRead(
  specify: Specify,
  withStores: WithStores,
  { anyPrefix = true }: ExternalStoreContractOptions,
): void {
  specify(
    "read() answers null for a missing key, which is not an error.",
    withStores(async ({ backend }) => {
      assertSame("What read() answered", await backend.read(await backend.newKey()), null);
    }),
  );
  specify(
    "read() answers with the text that was written, whatever its JSON holds.",
    withStores(async ({ backend }) => {
      for (const shape of JSON_SHAPES) await assertKept(backend, recordOf(JSON.stringify(shape)));
      for (const text of UNUSUAL_TEXTS) await assertKept(backend, text);
    }),
  );
  specify(
    "read() answers with the text that was written, for every character of Unicode.",
    withStores(async ({ backend }) => {
      const texts = [...allOfUnicode()];
      // One after the other, they would take a minute where the backend is a
      // hundred milliseconds away.
      await inParallel(LANES, async (lane) => {
        for (let at = lane; at < texts.length; at += LANES) await assertKept(backend, texts[at]!);
      });
    }),
  );
  specify(
    "A record of 64 KiB is kept whole.",
    withStores(async ({ backend }) => {
      const size = 65_536 - recordOf("").length;
      await assertKept(backend, recordOf("x".repeat(size)));
      await assertKept(backend, recordOf("\u{1F36A}".repeat(size / 4)));
    }),
  );
  specify(
    "Keys are opaque: any two that differ in a character are two keys.",
    withStores(async ({ backend }) => {
      // Of the alphabet of keys: those that somebody may fold, cut off or take for wildcards.
      const start = (await backend.newKey()).slice(0, -1);
      const end = (await backend.newKey()).slice("session:".length + 1);
      await assertApart(
        backend,
        ["x", "X", "_", "-", "0"].flatMap((char) => [`${start}${char}`, `session:${char}${end}`]),
      );
    }),
  );
  if (!anyPrefix) return;
  specify(
    "A prefix may hold any characters.",
    withStores(async ({ backend }) => {
      const long = "p".repeat(250);
      // Some of them are one and the same path, file name, pattern or parameter of a URL.
      const prefixes = [
        "",
        "a",
        "A",
        "a:",
        "a/",
        "a\\",
        "a//",
        "a/b/../",
        "./a",
        "a ",
        "a+",
        "a%20",
      ];
      prefixes.push("%", "_", "*", "?", "a?", "[ab]", "{a}", "'", '"', "`;--", "\u00E9", "e\u0301");
      prefixes.push("\u{1F36A}", `${long}a`, `${long}b`);
      const hash = await backend.newKey("");
      await assertApart(
        backend,
        prefixes.map((prefix) => prefix + hash),
      );
    }),
  );
}

async function assertApart(backend: Backend, keys: string[]): Promise<void> {
  const textOf = (key: string): string => recordOf(JSON.stringify({ key }));
  for (const key of keys) {
    const answer = await backend.create(key, textOf(key));
    assertSame(`What create() answered for the key ${show(key)}`, answer, true);
  }
  for (const key of keys) {
    assertSame(`What stands under the key ${show(key)}`, await backend.read(key), textOf(key));
  }
}

/** Both what create() and what update() have written. */
async function assertKept(backend: Backend, text: string): Promise<void> {
  const key = await backend.newKey();
  assertSame("What create() answered", await backend.create(key, text), true);
  assertSame("What read() answered after create()", await backend.read(key), text);
  const other = await backend.newKey();
  await backend.create(other, A);
  assertSame("What update() answered", await backend.update(other, text, HOUR, A), true);
  assertSame("What read() answered after update()", await backend.read(other), text);
  await backend.remove(key);
  await backend.remove(other);
}

function specifyCreate(specify: Specify, withStores: WithStores, compares: boolean): void {
  specify(
    "create() inserts a record and answers true.",
    withStores(async ({ backend, otherBackend }) => {
      const key = await backend.newKey();
      assertSame("What create() answered", await backend.create(key, A), true);
      assertSame("What read() answered", await otherBackend.read(key), A);
    }),
  );
  // Keys are 256 random bits: a backend without any condition may go without this one.
  if (!compares) return;
  specify(
    "create() answers false for a key that is taken, and never replaces.",
    withStores(async ({ backend, otherBackend }) => {
      const key = await backend.newKey();
      await backend.create(key, A);
      assertSame("What create() answered", await otherBackend.create(key, B), false);
      assertSame("What read() answered", await backend.read(key), A);
    }),
  );
  specify(
    "Of parallel create() calls for one key, exactly one inserts.",
    withStores(async ({ backend, otherBackend }) => {
      for (let race = 0; race < RACES; race++) {
        const key = await backend.newKey();
        await assertOneWins(backend, key, (rival) =>
          (rival % 2 ? backend : otherBackend).create(key, numbered(rival)),
        );
      }
    }),
  );
}

function specifyUpdate(specify: Specify, withStores: WithStores): void {
  specify(
    "update() replaces the text while it is still the expected one, and answers true.",
    withStores(async ({ backend, otherBackend }) => {
      const key = await backend.newKey();
      await backend.create(key, A);
      assertSame("What update() answered", await otherBackend.update(key, B, HOUR, A), true);
      assertSame("What read() answered", await backend.read(key), B);
      assertSame("What a second update() answered", await backend.update(key, C, HOUR, B), true);
      assertSame("What read() answered", await otherBackend.read(key), C);
      const same = await backend.update(key, C, HOUR, C);
      assertSame("What update() with the text that stands already answered", same, true);
    }),
  );
  specify(
    "update() answers false for a key that is missing or was removed, and never creates.",
    withStores(async ({ backend, otherBackend }) => {
      const missing = await backend.newKey();
      const removed = await backend.newKey();
      await backend.create(removed, A);
      await otherBackend.remove(removed);
      for (const key of [missing, removed]) {
        assertSame("What update() answered", await backend.update(key, B, HOUR, A), false);
        assertSame("What read() answered", await backend.read(key), null);
      }
    }),
  );
  specify(
    "update() and remove() touch no record but the one under their key.",
    withStores(async ({ backend }) => {
      const key = await backend.newKey();
      const neighbours = [
        `${key.slice(0, -1)}.`,
        `${key}x`,
        key.slice(0, -1),
        await backend.newKey(),
      ];
      await backend.create(key, A);
      for (const neighbour of neighbours) await backend.create(neighbour, A);
      await backend.update(key, B, HOUR, A);
      await assertUntouched(backend, neighbours, "update()");
      await backend.remove(key);
      await assertUntouched(backend, neighbours, "remove()");
    }),
  );
}

async function assertUntouched(backend: Backend, keys: string[], by: string): Promise<void> {
  for (const key of keys) assertSame(`A neighbour's text after ${by}`, await backend.read(key), A);
}

function specifyComparison(specify: Specify, withStores: WithStores): void {
  specify(
    "read() answers with what others have written or removed, whatever it has answered before.",
    withStores(async ({ backend, otherBackend }) => {
      const key = await backend.newKey();
      assertSame("What read() answered at first", await backend.read(key), null);
      await otherBackend.create(key, A);
      assertSame("What read() answered after create()", await backend.read(key), A);
      await otherBackend.update(key, B, HOUR, A);
      assertSame("What read() answered after update()", await backend.read(key), B);
      await otherBackend.remove(key);
      assertSame("What read() answered after remove()", await backend.read(key), null);
    }),
  );
  specify(
    "update() answers false when the text is no longer the expected one, and replaces nothing.",
    withStores(async ({ backend, otherBackend }) => {
      const key = await backend.newKey();
      await backend.create(key, A);
      await otherBackend.update(key, B, HOUR, A);
      assertSame("What update() answered", await backend.update(key, C, HOUR, A), false);
      assertSame("What read() answered", await backend.read(key), B);
    }),
  );
  specify(
    "update() compares every character of the text.",
    withStores(async ({ backend }) => {
      for (const { what, ...pair } of NEARLY_EQUAL) {
        const [stored, expected] = [recordOf(pair.stored), recordOf(pair.expected)];
        const key = await backend.newKey();
        await backend.create(key, stored);
        const answer = await backend.update(key, B, HOUR, expected);
        assertSame(`What update() answered where only ${what} differs`, answer, false);
      }
    }),
  );
  specify(
    "Of parallel update() calls that expect the same text, exactly one replaces it.",
    withStores(async ({ backend, otherBackend }) => {
      for (let race = 0; race < RACES; race++) {
        const key = await backend.newKey();
        await backend.create(key, A);
        await assertOneWins(backend, key, (rival) =>
          (rival % 2 ? backend : otherBackend).update(key, numbered(rival), HOUR, A),
        );
      }
    }),
  );
  specify(
    "A concurrent update() and remove() bring nothing back.",
    withStores(async ({ backend, otherBackend }) => {
      for (let race = 0; race < RACES; race++) {
        const key = await backend.newKey();
        await backend.create(key, A);
        await inParallel(RIVALS, async (rival) => {
          if (rival === RIVALS / 2) await otherBackend.remove(key);
          else await backend.update(key, numbered(rival), HOUR, A);
        });
        assertSame("What read() answered after both", await backend.read(key), null);
      }
    }),
  );
}

/** The text that stands in the end is the winner's. */
async function assertOneWins(
  backend: Backend,
  key: string,
  compete: (rival: number) => Promise<boolean>,
): Promise<void> {
  const answers = await inParallel(RIVALS, compete);
  const winners = answers.flatMap((won, rival) => (won ? [rival] : []));
  assertTrue(winners.length === 1, `Of ${RIVALS} calls ${winners.length} answered true.`);
  assertSame("The text in the end", await backend.read(key), numbered(winners[0]!));
}

function numbered(rival: number): string {
  return recordOf(JSON.stringify({ rival }));
}

function specifyRemove(specify: Specify, withStores: WithStores): void {
  specify(
    "remove() deletes the record.",
    withStores(async ({ backend, otherBackend }) => {
      const key = await backend.newKey();
      await backend.create(key, A);
      await otherBackend.remove(key);
      assertSame("What read() answered", await backend.read(key), null);
    }),
  );
  specify(
    "remove() of a missing key is a no-op, not an error.",
    withStores(async ({ backend }) => {
      const key = await backend.newKey();
      await backend.remove(key);
      await backend.remove(key);
      assertSame("What read() answered", await backend.read(key), null);
    }),
  );
}

function specifyLifetime(
  specify: Specify,
  withStores: WithStores,
  { minTtl = 1, ttlGranularity = 1 }: ExternalStoreContractOptions,
): void {
  specify(
    "create() and update() take every ttl from 1 to 1 000 000 000, in seconds.",
    withStores(async ({ backend }) => {
      for (const ttl of [1, 3, 59, 60, 86_399, 2_592_001, LONGEST]) {
        const [created, updated] = [await backend.newKey(), await backend.newKey()];
        await backend.create(updated, A, HOUR);
        const answers = [
          await backend.create(created, B, ttl),
          await backend.update(updated, B, ttl, A),
        ];
        assertSame(`What create() and update() answered, ttl ${ttl}`, answers.join(), "true,true");
        // A short one may be over already, where the machine is slow.
        if (ttl < 60) continue;
        // A timer of more than 2^31 ms rings at once.
        await sleep(20);
        const texts = [await backend.read(created), await backend.read(updated)];
        assertSame(`What read() answered, ttl ${ttl}`, texts.join(), `${B},${B}`);
      }
    }),
  );
  specify(
    "A record is there until its ttl is over.",
    withStores(async ({ backend }) => {
      const [created, updated] = [await backend.newKey(), await backend.newKey()];
      await backend.create(created, A, 30);
      await backend.create(updated, B, 30);
      await backend.update(updated, A, 30, B);
      await sleep(1_500);
      assertSame("What create() wrote for 30 s, 1.5 s later,", await backend.read(created), A);
      assertSame("What update() wrote for 30 s, 1.5 s later,", await backend.read(updated), A);
    }),
  );
  // A second more than the least: where lifetimes are counted in whole seconds,
  // the first one may be short.
  const ttl = minTtl + 1;
  // KV's minute is too long to wait for; session() reads the end of a session from the
  // record, not from the backend.
  if (ttl > PATIENCE) return;
  specify(
    "update() gives the record a new ttl.",
    withStores(async ({ backend }) => {
      let key: string;
      let isUpdated = false;
      do {
        const begin = performance.now();
        key = await backend.newKey();
        await backend.create(key, A, ttl);
        isUpdated = await backend.update(key, B, HOUR, A);
        // Where the machine stood still, once more.
        const isOver = performance.now() - begin >= ttl * 1000;
        assertTrue(isUpdated || isOver, "update() refused a record whose ttl was not over.");
      } while (!isUpdated);
      await sleep((ttl + 1) * 1000);
      assertSame("A record whose life update() has prolonged", await backend.read(key), B);
    }),
  );
  specify(
    "update() does not bring back a record whose ttl is over.",
    withStores(async ({ backend }) => {
      const key = await backend.newKey();
      await backend.create(key, A, ttl);
      await sleep((ttl + 1) * 1000);
      assertSame("What update() answered", await backend.update(key, B, HOUR, A), false);
      assertTrue((await backend.read(key)) !== B, "It has written all the same.");
    }),
  );
  const wait = ttl + ttlGranularity;
  if (wait > PATIENCE) return;
  specify(
    "A record whose ttl is over is gone.",
    withStores(async ({ backend }) => {
      const [created, updated] = [await backend.newKey(), await backend.newKey()];
      await backend.create(created, A, ttl);
      await backend.create(updated, B, HOUR);
      await backend.update(updated, A, ttl, B);
      await sleep(wait * 1000);
      assertSame("What create() wrote, after its life,", await backend.read(created), null);
      assertSame("What update() wrote, after its life,", await backend.read(updated), null);
    }),
  );
}
