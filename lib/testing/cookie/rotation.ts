import { assertSame, assertTrue } from "../assertions.js";
import { Client } from "../client.js";
import type { Specify } from "../test-runner.js";
import { changesOf } from "./changes.js";
import { assertOpened, recordWith } from "./records.js";
import type { StartProcess } from "./sealed-cookies.js";
import { assertRejected } from "./sealing.js";

const ROTATED =
  "The option `rotated` makes a store with a new first key, followed by the keys of `create`.";

/** @param start - Starts a process before the rotation; `startRotated` one after it. */
export function specifyRotation(
  specify: Specify,
  start: StartProcess,
  startRotated: StartProcess,
  { sealed, bound, ctx }: { sealed: boolean; bound: boolean; ctx: object | undefined },
): void {
  specify(
    "After a key rotation, unseal() opens the values of an old key, and reports them as outdated.",
    async () => {
      const [before, after] = [await start(), await startRotated()];
      const record = recordWith('{"user":"u"}');
      const value = await before.seal(record);
      const opened = await after.unseal(value);
      if (typeof opened === "string") {
        throw new Error(`unseal() rejected a value of the old key: ${opened}.`);
      }
      assertOpened(opened, record);
      assertSame("outdated", opened.outdated, true);
      if (sealed) await assertRejected(after, changesOf(value));
      if (!bound) return;
      const renamed = await after.unseal(value, "other");
      const seen = "unseal() opened a value of the old key under another cookie name.";
      assertTrue(typeof renamed === "string", seen);
    },
    ROTATED,
  );
  specify(
    "After a key rotation, seal() uses the new key, and its values are not outdated.",
    async () => {
      // In this order: a store must not find a key that another one has brought into the process.
      const [after, before] = [await startRotated(), await start()];
      const record = recordWith('{"user":"u"}');
      const value = await after.seal(record);
      const opened = await after.unseal(value);
      assertOpened(opened, record);
      assertSame("outdated", typeof opened === "object" && opened.outdated === true, false);
      const answer = await before.unseal(value);
      const usesOldKey = "A store without the new key opened the value.";
      assertTrue(typeof answer === "string", usesOldKey);
      // A store that tries all of its keys cannot tell a value of another key from a changed one.
      const isReason = answer === "unknown-key" || answer === "tampered";
      const wrong = `A store without the new key rejected the value as ${answer}, not as unknown-key or tampered.`;
      assertTrue(isReason, wrong);
    },
    ROTATED,
  );
  specify(
    "After a key rotation, a request that reads a session gets it reissued.",
    async () => {
      const client = new Client((await start()).store, ctx);
      await client.visit(({ data }) => (data["user"] = "u"));
      const old = client.value;
      const rotated = await startRotated();
      const returning = new Client(rotated.store, ctx);
      returning.value = old;
      await returning.visit(({ data }) => assertSame("The session's data", data["user"], "u"));
      const reissued = returning.value;
      assertTrue(reissued !== null && reissued !== old, "The client still holds the old value.");
      const opened = await rotated.unseal(reissued);
      const seen = typeof opened === "string" ? `rejected: ${opened}` : "outdated";
      const isCurrent = typeof opened === "object" && opened.outdated !== true;
      assertTrue(isCurrent, `The value that the client got instead is ${seen}.`);
    },
    ROTATED,
  );
}
