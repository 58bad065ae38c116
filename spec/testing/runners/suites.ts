import { SignedCookieStore } from "../../../lib/index.js";
import {
  cookieStoreContract,
  externalStoreContract,
  type TestRunner,
} from "../../../lib/testing.js";
import { TableStore } from "../../support/table-store.js";
import { FAULTS } from "../external-faults.js";

/** Runs both contracts. The environment variable FAULT names the fault of the store. */
export function suites(runner: TestRunner): void {
  const Store = FAULTS[process.env["FAULT"] ?? ""]?.Store ?? TableStore;
  const table = new Map();
  externalStoreContract(runner, { create: (options) => new Store(table, options) });

  const keys = SignedCookieStore.generateKey().then((key) => [key]);
  cookieStoreContract(runner, { create: () => new SignedCookieStore(keys) });
}
