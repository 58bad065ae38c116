import { expect } from "chai";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { fileURLToPath } from "node:url";
import { Browser } from "../support/browser.js";

const EXAMPLE = fileURLToPath(new URL("../../examples/worker.ts", import.meta.url));

describe("The example worker, in workerd", () => {
  let miniflare: Miniflare;
  let browser: Browser;

  before(async function () {
    this.timeout(60_000);
    miniflare = new Miniflare({
      // A list, because a single script is searched for imports that are not literal, and refused.
      modules: [{ type: "ESModule", path: "worker.mjs", contents: await bundle() }],
      compatibilityDate: "2025-07-18",
      kvNamespaces: ["SESSIONS"],
      bindings: { SESSION_KEY: Buffer.alloc(32, 1).toString("base64") },
      cf: false,
    });
    await miniflare.ready;
    browser = new Browser(async ({ request }) => {
      const { url, method, headers } = request;
      const answer = await miniflare.dispatchFetch(url, { method, headers: [...headers] });
      return new Response(await answer.text(), {
        status: answer.status,
        headers: [...answer.headers],
      });
    });
  });
  after(() => miniflare.dispose());

  it("keeps log-ins in KV, by nothing that a client holds", async () => {
    const read = async () => (await browser.get("/account")).json();
    expect(await read()).to.deep.equal({ user: null });
    await browser.post("/account");
    expect(await read()).to.deep.equal({ user: "ada" });

    const kv = await miniflare.getKVNamespace("SESSIONS");
    const names = (await kv.list()).keys.map(({ name }) => name);
    expect(names).to.have.length(1);
    expect(names[0]).not.to.include(browser.cookie("session"));

    await browser.request("/account", { method: "DELETE" });
    expect(await read()).to.deep.equal({ user: null });
    expect((await kv.list()).keys).to.deep.equal([]);
  });

  it("keeps preferences in a cookie under the Worker's secret", async () => {
    await browser.post("/preferences");
    expect(await (await browser.get("/preferences")).json()).to.deep.equal({ theme: "dark" });
    expect(browser.cookie("preferences")).to.match(/^E/);
  });
});

/** As wrangler does: one file for Workers. */
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
