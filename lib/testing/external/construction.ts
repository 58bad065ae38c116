import { assertSame } from "../assertions.js";
import { Client, errorCodeOf } from "../client.js";
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
      const any: object = { a: 1 };
      const written = store.codec.serialize(any);
      assertSame("What the store writes with stringify", written, GIVEN.stringify(any));
      const visit = new Client(store, ctx).visit(({ data }) => {
        data["text"] = "x".repeat(GIVEN.maxBytes);
      });
      const code = "ERR_SESSION_RECORD_TOO_LARGE";
      assertSame("The error for a record above maxBytes", await errorCodeOf(visit), code);
    }),
    NOT_PASSED_ON,
  );
}
