import { expect } from "chai";
import { fileURLToPath } from "node:url";
import { ServerProcess } from "../support/server-process.js";
import { waitUntil } from "../support/wait-until.js";

const EXAMPLE = fileURLToPath(new URL("../../examples/legacy.cjs", import.meta.url));
// Node 16 and 18 cannot require ES modules. This flag makes newer versions behave like them.
// spec/package runs the example on Node 16 and 18.
const WITHOUT_REQUIRE_ESM = "--no-experimental-require-module";

describe("The example legacy.cjs", () => {
  let server: ServerProcess;
  let origin: string;

  before(async () => {
    server = await ServerProcess.start(process.execPath, [WITHOUT_REQUIRE_ESM, EXAMPLE], "nodejs", {
      env: { ...process.env, PORT: "0" },
    });
    await waitUntil("the example's address", () => {
      if (server.hasExited) throw new Error(server.output);
      origin = /http:\S+/.exec(server.output)?.[0] ?? "";
      return origin !== "";
    });
  });
  after(() => server.end("SIGTERM"));

  it("counts visits in CommonJS", async () => {
    const first = await fetch(origin);
    expect(await first.text()).to.equal("Visit number 1");
    const [cookie] = first.headers.getSetCookie()[0]!.split(";");
    const second = await fetch(origin, { headers: { cookie: cookie! } });
    expect(await second.text()).to.equal("Visit number 2");
  });
});
