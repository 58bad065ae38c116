import { expect } from "chai";
import { externalStoreContract } from "../../lib/testing.js";
import { failureOf } from "../support/contract-report.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { create } from "./threads/make-store.js";

const MODULE = new URL("./threads/make-store.ts", import.meta.url);
const RACE = "Of two threads that create() or update() one record at once, exactly one succeeds.";

describe("externalStoreContract(), with stores on a synchronous driver", () => {
  const folder = temporaryFolder("threads");

  before(() => {
    process.env["FOLDER"] = folder.path;
  });
  after(() => {
    delete process.env["FOLDER"];
    folder.remove();
  });

  function run(module: string | URL = MODULE): Promise<string | undefined> {
    return failureOf(RACE, (runner) => externalStoreContract(runner, { create, module }));
  }

  it("reports nothing for a store that locks each record while it compares and writes", async () => {
    expect(await run()).to.equal(undefined);
  });

  async function runUnlocked(what: "records" | "owners"): Promise<string | undefined> {
    process.env["UNLOCKED"] = what;
    return run().finally(() => delete process.env["UNLOCKED"]);
  }

  it("reports a store that reads, compares and writes in three steps", async () => {
    const message = await runUnlocked("records");
    expect(message).to.match(/races of (create|update)\(\), both threads won [1-9]/);
  });

  it("reports a store that reads an owner's keys and writes them in two steps", async () => {
    const message = await runUnlocked("owners");
    expect(message).to.match(/linked\(\) returned \d+ keys: [1-9]\d* of the 100/);
  });

  it("reports a module that cannot be imported, and the reason", async () => {
    expect(await run("file:///no/such/module.js")).to.include("Cannot find module");
  });
});
