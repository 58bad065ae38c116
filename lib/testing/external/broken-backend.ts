import type { ExternalStore } from "../../external/external-store.js";
import { generateSessionId } from "../../external/session-id.js";
import { TimeoutError, withinTime } from "../../platform/time-limit.js";
import { assertSame, assertTrue, show } from "../assertions.js";
import { Client, contextWith, errorCodeOf } from "../client.js";
import { externalHooksOf } from "../hooks.js";
import type { Specify } from "../test-runner.js";
import type { ExternalStoreContractOptions } from "./options.js";
import { A, B } from "./record-texts.js";
import { callSeconds } from "./stores-under-test.js";

/** The option of the stores, and when the signal of a call aborts. */
const TIMEOUT_SECONDS = 2;
const TTL = 60;

/** For authors who can make a store whose backend fails. */
export function specifyBrokenBackend(
  specify: Specify,
  options: ExternalStoreContractOptions,
): void {
  const { broken, close, ctx } = options;
  if (!broken) return;
  const withBrokenStore =
    (check: (store: ExternalStore) => Promise<void>): (() => Promise<void>) =>
    async () => {
      const store = await broken({ timeout: TIMEOUT_SECONDS });
      try {
        await check(store);
      } finally {
        await withinTime(callSeconds(options), (async () => close?.(store))()).catch(() => {});
      }
    };
  specify(
    "If the backend fails, every hook throws: none returns null, false or nothing.",
    withBrokenStore(async (store) => {
      const hooks = externalHooksOf(store);
      const key = `session:${generateSessionId()}`;
      const owner = `session:owner:${generateSessionId()}`;
      const newCall = () => ({
        ctx: contextWith(ctx),
        signal: AbortSignal.timeout(TIMEOUT_SECONDS * 1000),
      });
      const calls = {
        read: () => hooks.read(key, newCall()),
        create: () => hooks.create(key, { text: A, ttl: TTL }, newCall()),
        update: () => hooks.update(key, { text: B, ttl: TTL, expected: A }, newCall()),
        remove: () => hooks.remove(key, newCall()),
        link: () => hooks.link!(owner, key, TTL, newCall()),
        unlink: () => hooks.unlink!(owner, key, newCall()),
        linked: () => hooks.linked!(owner, newCall()),
      };
      const names = Object.keys(calls) as (keyof typeof calls)[];
      const present = names.filter((name) => typeof hooks[name] === "function");
      const limitSeconds = callSeconds(options);
      const outcomeOf = async (name: keyof typeof calls): Promise<string[]> => {
        try {
          const answer = await withinTime(limitSeconds, (async () => calls[name]())());
          return [`${name}() returned ${show(answer)}`];
        } catch (error) {
          // A driver may hide the fault after a timeout of its own, so this waits for longer.
          if (!(error instanceof TimeoutError)) return [];
          return [`${name}() has not given up after ${limitSeconds} s`];
        }
      };
      // The second call finds what the first one has left behind: a dead connection, or a circuit breaker
      // that has opened.
      for (const call of ["first", "second"]) {
        const wrong = (await Promise.all(present.map(outcomeOf))).flat();
        assertTrue(wrong.length === 0, `But in the ${call} call, ${wrong.join(", ")}.`);
      }
    }),
  );
  specify(
    "If the backend fails, a request that uses the session gets ERR_SESSION_STORE.",
    withBrokenStore(async (store) => {
      const client = new Client(store, ctx);
      client.value = generateSessionId();
      const visit = client.visit(({ data }) => data["any"]);
      assertSame("The error", await errorCodeOf(visit), "ERR_SESSION_STORE");
    }),
  );
}
