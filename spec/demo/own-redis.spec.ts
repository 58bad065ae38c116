import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { createClient } from "redis";
import { DemoServer } from "../support/demo-server.js";
import { temporaryFolder } from "../support/temporary-folder.js";

/** The programs that bin/demo runs. */
const PROGRAMS = ["bash", "dirname", "find", "node", "npm"];

describe("The redis tab of the demo without REDIS_URL", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let demo: DemoServer | undefined;

  beforeEach(() => {
    folder = temporaryFolder("demo");
  });
  afterEach(async () => {
    await demo?.stop();
    demo = undefined;
    folder.remove();
  });

  const logIn = (site: string) =>
    fetch(`${site}login`, {
      method: "POST",
      body: new URLSearchParams({ name: "Ada" }),
      redirect: "manual",
    });

  /** The redis-server whose socket is in the folder. */
  async function ownServer(): Promise<{ pid: number; port: string; keys: number }> {
    const [name = ""] = readdirSync(folder.path);
    const client = createClient({
      socket: { path: join(folder.path, name, "redis.sock"), tls: false },
    });
    client.on("error", () => {});
    await client.connect();
    const pid = Number(/process_id:(\d+)/.exec(await client.info("server"))![1]);
    const { port = "" } = await client.configGet("port");
    const keys = await client.dbSize();
    await client.close();
    return { pid, port, keys };
  }

  it("has a redis-server of its own, which ends with the demo", async () => {
    demo = await DemoServer.start({ REDIS_URL: "", TMPDIR: folder.path });
    const site = `${demo.origin}/redis/day/`;
    expect(await (await fetch(site)).text()).to.include("Log in");
    expect((await logIn(site)).status).to.equal(303);

    const { pid, port, keys } = await ownServer();
    expect(keys, "a record, and the index of Ada's sessions").to.equal(2);
    expect(port, "of a server that listens on a socket alone").to.equal("0");
    await demo.stop();
    expect(() => process.kill(pid, 0)).to.throw("ESRCH");
    expect(readdirSync(folder.path)).to.deep.equal([]);
  });

  it("starts the redis-server also for a form of a page from before a restart", async () => {
    demo = await DemoServer.start({ REDIS_URL: "", TMPDIR: folder.path });
    expect((await logIn(`${demo.origin}/redis/day/`)).status).to.equal(303);
    expect((await ownServer()).keys).to.equal(2);
  });

  it("starts the redis-server again if it has ended", async () => {
    demo = await DemoServer.start({ REDIS_URL: "", TMPDIR: folder.path });
    const site = `${demo.origin}/redis/day/`;
    await fetch(site);
    const { pid } = await ownServer();
    process.kill(pid, "SIGKILL");
    while (existsSync(`/proc/${pid}`)) await new Promise((resolve) => setTimeout(resolve, 10));
    let status = 0;
    for (let attempt = 1; attempt <= 50 && status !== 303; attempt++) {
      ({ status } = await logIn(site));
    }
    expect(status).to.equal(303);
    expect((await ownServer()).pid).not.to.equal(pid);
  });

  it("says how to install redis-server if there is none, and shows no form", async () => {
    const programs = temporaryFolder("programs");
    try {
      for (const name of PROGRAMS) {
        const path = execFileSync("bash", ["-c", `command -v ${name}`], { encoding: "utf8" });
        symlinkSync(path.trim(), join(programs.path, name));
      }
      demo = await DemoServer.start({ REDIS_URL: "", PATH: programs.path });
      const response = await fetch(`${demo.origin}/redis/day/`);
      expect(response.status).to.equal(503);
      const page = await response.text();
      expect(page).to.include("apt-get install redis-server").and.include("REDIS_URL");
      expect(page).not.to.include("<form");
      expect(await (await fetch(`${demo.origin}/memory/day/`)).text()).to.include("Log in");

      // As soon as it is installed, the tab works.
      const redis = execFileSync("bash", ["-c", "command -v redis-server"], { encoding: "utf8" });
      symlinkSync(redis.trim(), join(programs.path, "redis-server"));
      expect(await (await fetch(`${demo.origin}/redis/day/`)).text()).to.include("Log in");
    } finally {
      programs.remove();
    }
  });
});
