import { expect } from "chai";
import { fileURLToPath } from "node:url";
import { ServerProcess } from "../support/server-process.js";
import { waitUntil } from "../support/wait-until.js";

const EXAMPLE = fileURLToPath(new URL("../../examples/legacy.cjs", import.meta.url));
// Node 16 and 18 cannot require ES modules; newer ones are told not to. spec/package runs it
// on the old ones themselves.
const AS_OF_OLD = "--no-experimental-require-module";

describe("The example legacy.cjs", () => {
  let server: ServerProcess;
  let origin: string;

  before(async () => {
    server = await ServerProcess.start(process.execPath, [AS_OF_OLD, EXAMPLE], "nodejs", {
      env: { ...process.env, PORT: "0" },
    });
    await waitUntil("the example's address", () => {
      if (server.hasExited) throw new Error(server.output);
      origin = /http:\S+/.exec(server.output)?.[0] ?? "";
      return origin !== "";
    });
  });
  after(() => server.end("SIGTERM"));

  it("counts visits from CommonJS", async () => {
    const first = await fetch(origin);
    expect(await first.text()).to.equal("Visit number 1");
    const [cookie] = first.headers.getSetCookie()[0]!.split(";");
    const second = await fetch(origin, { headers: { cookie: cookie! } });
    expect(await second.text()).to.equal("Visit number 2");
  });
});
