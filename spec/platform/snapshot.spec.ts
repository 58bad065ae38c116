import { expect } from "chai";
import { build } from "esbuild";
import { execFile } from "node:child_process";
import nodeCrypto from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { NodeCryptoEngine, type NodeCrypto, type NodeV8 } from "../../lib/platform/node-engine.js";
import { closesAfterEach } from "../support/close-after-each.js";
import { temporaryFolder } from "../support/temporary-folder.js";

interface Drawn {
  readonly ids: string[];
  /** Values of encrypted cookies. */
  readonly sealed: string[];
}

const ENTRY = fileURLToPath(new URL("../support/programs/snapshot-entry.ts", import.meta.url));

// A heap that is saved with unused random bytes gives every process that starts from it the same
// bytes: two visitors get one session ID, and two cookies one nonce.
describe("A start-up snapshot that V8 takes after the first session", function () {
  this.timeout(60_000);
  const close = closesAfterEach();

  it("starts processes that draw distinct session IDs and distinct nonces", async () => {
    const folder = temporaryFolder("snapshot");
    close(() => folder.remove());
    const bundle = join(folder.path, "bundle.cjs");
    const blob = join(folder.path, "blob");
    await build({
      entryPoints: [ENTRY],
      outfile: bundle,
      bundle: true,
      format: "cjs", // a snapshot is made from one CommonJS file
      platform: "node",
      logLevel: "silent",
    });

    const drawn = [await run("--snapshot-blob", blob, "--build-snapshot", bundle)];
    for (let process = 1; process <= 3; process++) drawn.push(await run("--snapshot-blob", blob));

    const ids = drawn.flatMap((process) => process.ids);
    const nonces = drawn.flatMap(({ sealed }) => sealed.map(nonceOf));
    expect([ids.length, nonces.length]).to.deep.equal([1 + 3 * 2, 3 * 4]);
    const distinct = { ids: [...new Set(ids)], nonces: [...new Set(nonces)] };
    expect(distinct).to.deep.equal({ ids, nonces });
  });
});

describe("The crypto engine on node:crypto keeps no random bytes for later", () => {
  const notImplemented = (): never => {
    throw new Error("not implemented");
  };
  const platforms: Record<string, NodeV8 | undefined> = {
    "while a snapshot is built": { startupSnapshot: { isBuildingSnapshot: () => 1 } },
    "if the platform has no node:v8": undefined,
    "if the platform has no start-up snapshots": {},
    "if the platform does not implement isBuildingSnapshot()": {
      startupSnapshot: { isBuildingSnapshot: notImplemented },
    },
  };

  for (const [title, v8] of Object.entries(platforms)) {
    it(title, () => {
      let draws = 0;
      const randomFillSync = (block: Uint8Array): Uint8Array => {
        draws++;
        return nodeCrypto.randomFillSync(block);
      };
      const node = { ...nodeCrypto, randomFillSync } as unknown as NodeCrypto;
      const engine = new NodeCryptoEngine(node, v8);
      for (const length of [32, 12, 1]) expect(engine.randomBytes(length)).to.have.lengthOf(length);
      expect(draws).to.equal(3);
    });
  }
});

async function run(...options: string[]): Promise<Drawn> {
  const { stdout } = await promisify(execFile)(process.execPath, options);
  return JSON.parse(stdout) as Drawn;
}

function nonceOf(value: string): string {
  return Buffer.from(value, "base64url").toString("hex", 13, 25);
}
