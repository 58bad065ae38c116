import { SessionError } from "../errors.js";
import { andThen, type Awaitable } from "../platform/awaitable.js";

/**
 * Every conflict means that another request has got its write through, so that few lose this often.
 */
const MAX_ATTEMPTS = 100;
/** Attempts that follow at once; later ones wait a random time, so that rivals fall out of step. */
const EAGER_ATTEMPTS = 3;
/** Milliseconds. */
const MAX_PAUSE = 20;

/**
 * Runs the attempt again while it answers `undefined`: the record has changed meanwhile, or must be
 * read afresh. Most need only one, which makes no promise where the backend makes none.
 */
export function untilSettled<T>(attempt: () => Awaitable<T | undefined>): Awaitable<T> {
  return andThen(attempt(), (answer) => (answer === undefined ? again(attempt) : answer));
}

async function again<T>(attempt: () => Awaitable<T | undefined>): Promise<T> {
  for (let count = 2; count <= MAX_ATTEMPTS; count++) {
    const answer = await attempt();
    if (answer !== undefined) return answer;
    if (count >= EAGER_ATTEMPTS && count < MAX_ATTEMPTS) await pause(Math.random() * MAX_PAUSE);
  }
  throw new SessionError(
    "ERR_SESSION_CONFLICT",
    `Other requests changed the session each of the ${MAX_ATTEMPTS} times this one tried to. Let the client try again.`,
  );
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
