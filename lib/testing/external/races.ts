import { assertSame, assertTrue } from "../assertions.js";
import { inParallel } from "../concurrency.js";
import type { CheckedBackend } from "./checked-backend.js";
import { recordOf } from "./record-texts.js";

/** How many calls race each other. */
export const RIVALS = 16;
/** One race may be won by luck. */
export const RACES = 5;

/** The text that this rival tries to write. */
export function textOfRival(rival: number): string {
  return recordOf(JSON.stringify({ rival }));
}

/** Checks that exactly one rival's call returns true, and that its text is the one stored. */
export async function assertOneWins(
  backend: CheckedBackend,
  key: string,
  compete: (rival: number) => Promise<boolean>,
): Promise<void> {
  const answers = await inParallel(RIVALS, compete);
  const winners = answers.flatMap((won, rival) => (won ? [rival] : []));
  assertTrue(winners.length === 1, `${winners.length} of ${RIVALS} calls returned true.`);
  assertSame("The text after the race", await backend.read(key), textOfRival(winners[0]!));
}
