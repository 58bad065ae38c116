import { expect } from "chai";
import { build } from "esbuild";
import { fileURLToPath } from "node:url";
import { Browser } from "../support/browser.js";
import { Worker } from "../support/worker.js";

const EXAMPLE = fileURLToPath(new URL("../../examples/worker.ts", import.meta.url));

describe("The example worker in workerd", () => {
  let worker: Worker;
  let browser: Browser;

  before(async function () {
    this.timeout(60_000);
    worker = await Worker.start(await bundle(), {
      kvNamespaces: ["SESSIONS"],
      bindings: { SESSION_KEY: Buffer.alloc(32, 1).toString("base64") },
    });
    browser = new Browser(worker.handler);
  });
  after(() => worker?.stop());

  it("keeps logins in KV, under keys without the session ID", async () => {
    const read = async () => (await browser.get("/account")).json();
    expect(await read()).to.deep.equal({ user: null });
    await browser.post("/account");
    expect(await read()).to.deep.equal({ user: "ada" });

    const kv = await worker.kv("SESSIONS");
    const names = (await kv.list()).keys.map(({ name }) => name);
    expect(names).to.have.length(1);
    expect(names[0]).not.to.include(browser.cookie("session"));

    await browser.request("/account", { method: "DELETE" });
    expect(await read()).to.deep.equal({ user: null });
    // The tombstone of the session, which KV deletes after a minute.
    const [tombstone, ...others] = (await kv.list()).keys;
    expect(others).to.deep.equal([]);
    expect(tombstone!.name).to.equal(names[0]);
    expect(tombstone!.expiration).to.be.closeTo(Date.now() / 1000 + 60, 10);
    expect(await kv.get(names[0]!)).to.match(/^1\.\d+\.0\.$/);
  });

  it("keeps preferences in a cookie that the Worker's secret encrypts", async () => {
    await browser.post("/preferences");
    expect(await (await browser.get("/preferences")).json()).to.deep.equal({ theme: "dark" });
    expect(browser.cookie("preferences")).to.match(/^E/);
  });
});

/** Bundles the example into one file for Workers, as wrangler does. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [EXAMPLE],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*"],
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
}
