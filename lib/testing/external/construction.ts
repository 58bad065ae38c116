import { SessionError } from "../../errors.js";
import { assertSame } from "../assertions.js";
import { Client } from "../client.js";
import type { Specify } from "../test-runner.js";
import type { ExternalStoreContractOptions } from "./options.js";
import { storesFrom, type WithStores } from "./stores-under-test.js";

export const NOT_PASSED_ON =
  "Pass the options on: create: (options) => new MyStore({ client, ...options }), and in the constructor super(options), without your own.";

const GIVEN = {
  prefix: "other",
  maxBytes: 1000,
  timeout: 17,
  stringify: (data: object): string => `own ${JSON.stringify(data)}`,
  parse: (text: string): object => JSON.parse(text.slice("own ".length)),
};

export function specifyConstruction(
  specify: Specify,
  withStores: WithStores,
  options: ExternalStoreContractOptions,
): void {
  const { compares = true, ctx } = options;
  specify(
    "The store's getter `compares` agrees with the contract's option `compares`.",
    withStores(async ({ backend }) => assertSame("compares", backend.compares, compares)),
  );
  const withGiven = storesFrom(options, GIVEN);
  specify(
    "The options prefix, maxBytes, timeout, stringify and parse reach the base class.",
    withGiven(async ({ store, backend }) => {
      assertSame("The store's prefix", backend.prefix, GIVEN.prefix);
      assertSame("The store's timeout", backend.timeout, GIVEN.timeout);
      const data: object = { a: 1 };
      const written = store.codec.serialize(data);
      assertSame("What the store writes with stringify", written, GIVEN.stringify(data));
      const outcome = await outcomeOfSaving(new Client(store, ctx), "x".repeat(GIVEN.maxBytes));
      assertSame(
        "The outcome for a record above maxBytes",
        outcome,
        "ERR_SESSION_RECORD_TOO_LARGE",
      );
    }),
    NOT_PASSED_ON,
  );
}

async function outcomeOfSaving(client: Client, text: string): Promise<string> {
  try {
    await client.visit(({ data }) => (data["text"] = text));
    return "a saved record";
  } catch (error) {
    if (error instanceof SessionError) return error.code;
    throw error;
  }
}
