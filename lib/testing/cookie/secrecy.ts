import type { SessionRecord } from "../../records/record.js";
import { assertTrue } from "../assertions.js";
import { inParallel } from "../concurrency.js";
import type { Specify } from "../test-runner.js";
import { binaryOf } from "./moved-characters.js";
import { recordWith } from "./records.js";
import type { SealedCookies, StartProcess } from "./sealed-cookies.js";

const SECRET = "correct horse battery staple";
const PROCESSES = 4;
const SEALS_OF_EACH = 16;
/** The block of a cipher has 16 bytes, and 48 bytes are 64 characters of base64. */
const REPEATING_TEXT = "0123456789abcdef".repeat(60);
const RANDOM_BYTES = 1_500;
/** No header is this long, and no random text of this length occurs twice. */
const HEADER_CHARACTERS = 320;
const REPETITION_CHARACTERS = 24;

const DECLARED = "Only a store that encrypts declares `encrypted: true`.";
const NONCES =
  "Each call needs a new nonce: random, of 96 bits at least; neither the time, nor a counter that each process begins anew.";

/**
 * What these checks cannot find: random nonces that are too short (32 bits repeat after 65 000 calls),
 * a random source that can be predicted, and a counter that the stores of one process share, but not
 * those of two.
 */
export function specifySecrecy(specify: Specify, start: StartProcess): void {
  specify(
    "A client cannot read the sealed data, and equal records get different values.",
    async () => {
      const cookies = await start();
      const record = recordWith(JSON.stringify({ secret: SECRET }));
      const value = await cookies.seal(record);
      for (const reading of readingsOf(value)) {
        const seen = "The value contains the data unencrypted.";
        assertTrue(!reading.includes(SECRET), seen);
      }
      const isNew = value !== (await cookies.seal(record));
      assertTrue(isNew, `Two equal records have the same value. ${NONCES}`);
    },
    DECLARED,
  );
  specify(
    "Equal records get different values in every process, also at the same moment.",
    async () => {
      const record = recordWith(JSON.stringify({ secret: SECRET }));
      const seen = new Map<string, string>();
      const rows = await sealInProcesses(start, () => record);
      for (const [call, values] of rows.entries()) {
        for (const [process, value] of values.entries()) {
          const where = `call ${call + 1} of store ${process + 1}`;
          const before = seen.get(value);
          assertTrue(
            before === undefined,
            `seal() returned the same value in ${where} and in ${before}. ${NONCES}`,
          );
          seen.set(value, where);
        }
      }
    },
  );
  specify("A client cannot see where data repeat, or that data begin alike.", async () => {
    const cookies = await start();
    const repetition = repetitionIn(await cookies.seal(recordWith(REPEATING_TEXT)));
    assertTrue(
      repetition === undefined,
      `The data repeat, and so does the value: ${repetition}. Each block needs another key stream.`,
    );
    // A nonce that is used again shows where two texts are the same.
    // Nothing can compress this text, and it is longer than a part that might not be encrypted.
    const bytes = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES));
    const common = btoa(String.fromCharCode(...bytes));
    const rows = await sealInProcesses(start, (process, call) =>
      recordWith(`${common}${process}${call}`),
    );
    const values = rows.flat();
    for (const [index, value] of values.entries()) {
      for (const other of values.slice(index + 1)) {
        const shared = sharedBeginning(value, other);
        const message = `Two values of data that begin alike have ${shared} characters in common. ${NONCES}`;
        assertTrue(shared < HEADER_CHARACTERS, message);
      }
    }
  });
}

/** For each call, the values that stores seal which have just been made. */
async function sealInProcesses(
  start: StartProcess,
  recordOf: (process: number, call: number) => SessionRecord,
): Promise<string[][]> {
  const processes: SealedCookies[] = await inParallel(PROCESSES, start);
  // All stores make their first call, then all the second one: at the same millisecond, if possible.
  return inParallel(SEALS_OF_EACH, (call) =>
    inParallel(PROCESSES, (process) => processes[process]!.seal(recordOf(process, call))),
  );
}

/** A part of the value that occurs twice. */
function repetitionIn(value: string): string | undefined {
  const seen = new Set<string>();
  for (let at = 0; at + REPETITION_CHARACTERS <= value.length; at++) {
    const part = value.slice(at, at + REPETITION_CHARACTERS);
    if (seen.has(part)) return part;
    seen.add(part);
  }
  return undefined;
}

/** The length of the longest part that two values have in common at one position. */
function sharedBeginning(one: string, other: string): number {
  let [longest, length] = [0, 0];
  for (let at = 0; at < one.length; at++) {
    length = one[at] === other[at] ? length + 1 : 0;
    longest = Math.max(longest, length);
  }
  return longest;
}

/** The value itself, and the value decoded from base64 and from hexadecimal, from every offset. */
function readingsOf(value: string): string[] {
  const readings = [value];
  for (let offset = 0; offset < 4; offset++) {
    readings.push(binaryOf(value.slice(offset)));
    const digits = value.slice(offset).match(/[\da-f]{2}/gi) ?? [];
    readings.push(String.fromCharCode(...digits.map((pair) => Number.parseInt(pair, 16))));
  }
  return readings;
}
