import { TimeoutError, withinTime } from "../../platform/time-limit.js";
import { assertTrue, show } from "../assertions.js";
import { Client } from "../client.js";
import type { Specify } from "../test-runner.js";
import { recordWith } from "./records.js";
import type { StartProcess } from "./sealed-cookies.js";

const BROKEN = "The option `broken` makes a store whose keys cannot be loaded.";

/** A fault of the server must not look like a client without a session: that would log everybody out. */
export function specifyBrokenKeys(
  specify: Specify,
  start: StartProcess,
  startBroken: StartProcess,
  ctx: object | undefined,
): void {
  specify(
    "If its keys cannot be loaded, a store throws, and rejects no value.",
    async () => {
      const record = recordWith("{}");
      const value = await (await start()).seal(record);
      const broken = await startBroken();
      // The second call finds what the first one has left behind.
      for (const call of ["first", "second"]) {
        await assertThrows(`The ${call} unseal()`, () => broken.unseal(value));
        await assertThrows(`The ${call} seal()`, () => broken.seal(record));
      }
    },
    BROKEN,
  );
  specify(
    "If the keys cannot be loaded, a request fails, and its client keeps the value.",
    async () => {
      const client = new Client((await start()).store, ctx);
      await client.visit(({ data }) => (data["user"] = "u"));
      const returning = new Client((await startBroken()).store, ctx);
      returning.value = client.value;
      const visit = returning.visit(({ data }) => data["user"]);
      await assertThrows("The request", () => visit);
      assertTrue(returning.value === client.value, "The client holds another value than before.");
    },
    BROKEN,
  );
}

/** Less than the limit of `callHook`. A request must not wait for keys without end. */
const LIMIT_SECONDS = 9;

async function assertThrows(what: string, call: () => Promise<unknown>): Promise<void> {
  let answer: unknown;
  try {
    answer = await withinTime(LIMIT_SECONDS, call());
  } catch (error) {
    const isLate = error instanceof TimeoutError;
    assertTrue(!isLate, `${what} did not end within ${LIMIT_SECONDS} s.`);
    return;
  }
  throw new Error(`${what} did not fail, but returned ${show(answer)}.`);
}
