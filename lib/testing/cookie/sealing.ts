import type { RejectionReason } from "../../records/store.js";
import { assertTrue, show } from "../assertions.js";
import { inLanes } from "../concurrency.js";
import type { Specify } from "../test-runner.js";
import { changesOf, joinsOf, type Change } from "./changes.js";
import { MALICIOUS_VALUES } from "./malicious-values.js";
import { assertOpened, recordWith } from "./records.js";
import type { SealedCookies, StartProcess } from "./sealed-cookies.js";

const REASONS: readonly string[] = [
  "malformed",
  "tampered",
  "expired",
  "unknown",
  "unknown-key",
  "other-store",
  "invalid",
] satisfies RejectionReason[];

/** A store that calls crypto.subtle works on several values at the same time. */
const PARALLEL_CALLS = 16;
const QUOTED_CHANGES = 4;
const UNSEALED = "Only a store whose values the client may write declares `sealed: false`.";

/** For all cookie stores, sealed or not. */
export function specifyAnyInput(specify: Specify, start: StartProcess): void {
  specify(
    "unseal() never throws: for every input it returns a record or a rejection reason.",
    async () => {
      const cookies = await start();
      const changed = changesOf(await cookies.seal(recordWith('{"a":"b"}')));
      const inputs = [...MALICIOUS_VALUES, ...changed.map(({ value }) => value)];
      await inLanes(PARALLEL_CALLS, inputs, (input) => assertAnswer(cookies, input));
    },
  );
}

async function assertAnswer(cookies: SealedCookies, input: string): Promise<void> {
  const answer = await cookies.unseal(input);
  const seen = `unseal() returned ${show(answer)} for ${show(input)}`;
  if (typeof answer === "string") {
    assertTrue(REASONS.includes(answer), `${seen}, which is not a rejection reason.`);
    return;
  }
  const { text, created, expires } = answer ?? {};
  const isRecord =
    typeof text === "string" && typeof created === "number" && typeof expires === "number";
  assertTrue(isRecord, `${seen}, which is not a record.`);
}

export function specifySeal(specify: Specify, start: StartProcess): void {
  specify(
    "unseal() rejects every value that a client has made up.",
    async () => {
      const cookies = await start();
      await inLanes(PARALLEL_CALLS, MALICIOUS_VALUES, async (input) => {
        const opened = typeof (await cookies.unseal(input)) !== "string";
        assertTrue(!opened, `unseal() opened the value ${show(input)}.`);
      });
    },
    UNSEALED,
  );
  specify(
    "unseal() rejects a sealed value after any change, even of one character.",
    async () => {
      const cookies = await start();
      for (const text of ['{"user":"u"}', JSON.stringify({ user: "u", fill: "x".repeat(2000) })]) {
        const record = recordWith(text);
        const value = await cookies.seal(record);
        // A store may keep in memory what it has opened.
        assertOpened(await cookies.unseal(value), record);
        await assertRejected(cookies, changesOf(value));
      }
    },
    UNSEALED,
  );
  specify(
    "unseal() rejects a value that was joined from parts of two others.",
    async () => {
      const cookies = await start();
      // Both the data and the times differ.
      const { created, expires } = recordWith("");
      const one = { text: '{"user":"one"}', created, expires };
      const other = { text: '{"user":"two"}', created: created - 11, expires: expires + 22 };
      const values = [await cookies.seal(one), await cookies.seal(other)] as const;
      await assertRejected(cookies, joinsOf(...values));
    },
    UNSEALED,
  );
}

/** Checks that unseal() rejects all of them, and says which of them it has opened. */
export async function assertRejected(
  cookies: SealedCookies,
  changes: readonly Change[],
): Promise<void> {
  const opened = new Set<string>();
  await inLanes(PARALLEL_CALLS, changes, async ({ value, how }) => {
    if (typeof (await cookies.unseal(value)) !== "string") opened.add(how);
  });
  if (opened.size === 0) return;
  const others = opened.size - QUOTED_CHANGES;
  const quoted = [...opened].slice(0, QUOTED_CHANGES).join("; or ");
  const more = others > 0 ? `; and after ${others} of ${changes.length} other changes` : "";
  throw new Error(`unseal() opened the value ${quoted}${more}.`);
}
