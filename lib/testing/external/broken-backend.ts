import { SessionError } from "../../errors.js";
import type { ExternalStore } from "../../external/external-store.js";
import { generateSessionId } from "../../external/session-id.js";
import { TimeoutError, withinTime } from "../../platform/time-limit.js";
import { assertSame, assertTrue, show } from "../assertions.js";
import { Client, contextWith } from "../client.js";
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
      const call = { ctx: contextWith(ctx), signal: AbortSignal.timeout(TIMEOUT_SECONDS * 1000) };
      const calls = {
        read: () => hooks.read(key, call),
        create: () => hooks.create(key, { text: A, ttl: TTL }, call),
        update: () => hooks.update(key, { text: B, ttl: TTL, expected: A }, call),
        remove: () => hooks.remove(key, call),
        link: () => hooks.link!(owner, key, TTL, call),
        unlink: () => hooks.unlink!(owner, key, call),
        linked: () => hooks.linked!(owner, call),
      };
      const names = Object.keys(calls) as (keyof typeof calls)[];
      const present = names.filter((name) => typeof hooks[name] === "function");
      const limitSeconds = callSeconds(options);
      const wrong = await Promise.all(
        present.map(async (name) => {
          try {
            const answer = await withinTime(limitSeconds, (async () => calls[name]())());
            return [`${name}() returned ${show(answer)}`];
          } catch (error) {
            // A driver may hide the fault after a timeout of its own, so this waits for longer.
            if (!(error instanceof TimeoutError)) return [];
            return [`${name}() has not given up after ${limitSeconds} s`];
          }
        }),
      );
      assertTrue(wrong.flat().length === 0, `But ${wrong.flat().join(", ")}.`);
    }),
  );
  specify(
    "If the backend fails, a request that uses the session gets ERR_SESSION_STORE.",
    withBrokenStore(async (store) => {
      const client = new Client(store, ctx);
      client.value = generateSessionId();
      assertSame("The outcome", await outcomeOfReading(client), "ERR_SESSION_STORE");
    }),
  );
}

async function outcomeOfReading(client: Client): Promise<string> {
  try {
    await client.visit(({ data }) => data["any"]);
    return "a fresh session";
  } catch (error) {
    if (error instanceof SessionError) return error.code;
    throw error;
  }
}
