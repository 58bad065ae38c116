import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { freePort } from "../support/free-port.js";
import { ServerProcess } from "../support/server-process.js";
import { waitUntil } from "../support/wait-until.js";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

// bin/verify installs and builds a fresh clone with bin/fresh-build, as bin/example does.
describe("`bin/example`, which `npm run example` runs,", function () {
  this.timeout(60_000);
  let server: ServerProcess | undefined;

  afterEach(() => server?.end("SIGTERM"));

  it("serves the example that it is given", async () => {
    const port = await freePort();
    const key = Buffer.alloc(32, 1).toString("base64");
    const env = { ...process.env, PORT: `${port}`, SESSION_KEY: key };
    const options = { cwd: PROJECT, env };
    server = await ServerProcess.start("bin/example", ["counter"], "the example", options);
    await waitUntil("the example", () => server!.hasExited || server!.output.includes(`:${port}`));
    expect(server.hasExited, server.output).to.equal(false);
    expect(await (await fetch(`http://localhost:${port}/`)).text()).to.equal("Visit number 1");
  });
});
