import { expect } from "chai";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { closesAfterEach } from "../support/close-after-each.js";
import { RedisServer } from "../support/redis-server.js";

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL("../support/programs/files-of-write.ts", import.meta.url));

// A reader who follows one request must not have to open half of the library. Raise these limits
// only on purpose.
describe("The number of files of lib/ whose code runs", () => {
  const closeAfter = closesAfterEach();

  async function filesOfWrite(...args: string[]): Promise<string[]> {
    // A process of its own: V8 counts for a whole process, and `npm run coverage` counts, too.
    const { NODE_V8_COVERAGE: _, ...env } = process.env;
    const { stdout } = await run(
      process.execPath,
      ["--import", "ts-blank-space/register", PROGRAM, ...args],
      { env },
    );
    return JSON.parse(stdout) as string[];
  }

  it("is at most 20 for a write to a signed cookie", async () => {
    const files = await filesOfWrite();
    expect(files, files.join(", ")).to.have.length.within(1, 20);
  });

  it("is at most 30 for a write to Redis", async () => {
    const redis = closeAfter(await RedisServer.start());
    const files = await filesOfWrite(redis.url);
    expect(files, files.join(", ")).to.have.length.within(1, 30);
  });
});
