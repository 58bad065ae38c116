import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "../esbuild.mjs";

/** A text that only the code of `DeviceBinding` has: the type of what a browser signs. */
const MARK = "dbsc+jwt";

const platforms = {
  browsers: { platform: "browser" },
  Workers: { conditions: ["workerd", "worker", "browser"] },
  Node: { platform: "node", external: ["redis"] },
};

export const deviceBinding = {
  name: "esbuild: a bundle holds DeviceBinding only if the app uses it",
  async run(folder) {
    for (const [name, options] of Object.entries(platforms)) {
      const holdsIt = async (exports) => {
        const source = `export { ${exports} } from "@hattip/session";\n`;
        writeFileSync(join(folder, "exports.mjs"), source);
        return (await bundle(folder, "exports.mjs", options)).includes(MARK);
      };
      assert.equal(await holdsIt("session, RedisSessionStore"), false, `without it, for ${name}`);
      assert.equal(
        await holdsIt("session, RedisSessionStore, DeviceBinding"),
        true,
        `with it, for ${name}`,
      );
    }
  },
};
