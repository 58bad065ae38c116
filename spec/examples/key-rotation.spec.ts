import { expect } from "chai";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { deploy, makeKey, rotate } from "../../examples/key-rotation.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";

const DAY = 86_400;

describe("The example key-rotation", function () {
  this.timeout(60_000);
  let steps: ReturnType<typeof rotate>;

  beforeEach(async () => {
    steps = rotate(await makeKey(), await makeKey());
  });

  it("keeps a visitor who returns after each step logged in", async () => {
    const visitor = new Browser(deploy(steps[0]!.keys));
    await visitor.post("/login");
    for (const { keys } of steps) {
      const browser = new Browser(deploy(keys), { jar: visitor.jar });
      expect(await (await browser.get("/")).text()).to.equal("Ada");
    }
  });

  it("keeps visitors logged in while a step has reached only some of the servers", async () => {
    for (let step = 1; step < 3; step++) {
      const ahead = deploy(steps[step]!.keys);
      const behind = deploy(steps[step - 1]!.keys);
      const visitor = new Browser(ahead);
      await visitor.post("/login");
      for (const server of [behind, ahead, behind, behind, ahead, ahead]) {
        const browser = new Browser(server, { jar: visitor.jar });
        expect(await (await browser.get("/")).text()).to.equal("Ada");
      }
    }
  });

  it("removes the old key only when all of its sessions have expired", async () => {
    const clock = new Clock();
    try {
      const [, behind, inFront, last] = steps.map(({ keys }) => deploy(keys));
      // This is the last session that the old key seals.
      const visitor = new Browser(behind!);
      await visitor.post("/login");
      clock.pass(30 * DAY);
      for (const server of [inFront!, last!]) {
        const cookie = visitor.jar.getCookieStringSync("https://example.com/", { expire: false });
        expect(cookie).to.match(/^session=E/);
        expect(await (await new Browser(server).get("/", { cookie })).text()).to.equal("nobody");
      }
    } finally {
      clock.restore();
    }
  });

  it("would log visitors out without the steps between", async () => {
    const visitor = new Browser(deploy(steps[0]!.keys));
    await visitor.post("/login");
    const browser = new Browser(deploy(steps[3]!.keys), { jar: visitor.jar });
    expect(await (await browser.get("/")).text()).to.equal("nobody");
  });

  it("runs as a program", async () => {
    const example = fileURLToPath(new URL("../../examples/key-rotation.ts", import.meta.url));
    const options = ["--import", "ts-blank-space/register", example];
    const { stdout } = await promisify(execFile)(process.execPath, options);
    const answers = stdout.trim().split("\n");
    expect(answers.map((line) => line.replace(/^.*?\. /, ""))).to.deep.equal([
      "Ada, with a new cookie",
      "Ada, as before",
      "Ada, with a new cookie",
      "Ada, as before",
    ]);
  });
});
