import { assertTrue } from "../assertions.js";
import { inLanes } from "../concurrency.js";
import type { Specify } from "../test-runner.js";
import { withMovedCharacters } from "./moved-characters.js";
import { assertOpened, recordWith } from "./records.js";
import type { SealedCookies, StartProcess } from "./sealed-cookies.js";

const LONG_NAME = "n".repeat(200);
/** Some differ only in case, in the last character, or in length. */
const NAMES: readonly string[] = [
  ...["a", "b", "ab", "A", "a.", "session", "session1", "session2", "Session", "session.1"],
  ...["__Host-session", "__Host-session1", "__Secure-session", "__host-session"],
  ...[LONG_NAME, `${LONG_NAME}n`, `${LONG_NAME.slice(1)}m`],
];
const PARALLEL_NAMES = 4;
const UNBOUND = "Only a store that binds no value to the cookie's name declares `bound: false`.";
const LENGTHS = "The tag must cover the length of the name, or a separator that no name contains.";

export function specifyBinding(specify: Specify, start: StartProcess): void {
  specify(
    "unseal() rejects a value that was sealed for another cookie name.",
    async () => {
      const cookies = await start();
      await inLanes(PARALLEL_NAMES, NAMES, (name) => assertBound(cookies, name));
      const record = recordWith("7654321");
      const name = "session";
      for (const moved of withMovedCharacters(await cookies.seal(record, name), record, name)) {
        const answer = await cookies.unseal(moved.value, moved.cookieName);
        assertTrue(
          typeof answer === "string",
          `unseal() opened the value ${moved.how}. ${LENGTHS}`,
        );
      }
    },
    UNBOUND,
  );
}

async function assertBound(cookies: SealedCookies, name: string): Promise<void> {
  const record = recordWith("{}");
  const value = await cookies.seal(record, name);
  assertOpened(await cookies.unseal(value, name), record);
  for (const other of NAMES) {
    if (other === name) continue;
    const answer = await cookies.unseal(value, other);
    const names = `the name ${nameOf(other)} that was sealed for ${nameOf(name)}`;
    assertTrue(typeof answer === "string", `unseal() opened a value for ${names}.`);
  }
}

/** Long names are the same but for their ends. */
function nameOf(name: string): string {
  return name.length < LONG_NAME.length - 1
    ? name
    : `n…${name.slice(-2)} (${name.length} characters)`;
}
