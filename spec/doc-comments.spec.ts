import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { CookieStore, ExternalStore } from "../lib/index.js";
import { cookieStoreContract, externalStoreContract } from "../lib/testing.js";
import { PROJECT } from "./docs/document.js";

const FOLDER = `${PROJECT}/.cache/docs/comments`;

/** The class in the example of a base class's doc comment. The lines `before` precede its code. */
async function exampleOf(
  path: string,
  name: string,
  before: string,
): Promise<(options?: object) => unknown> {
  const source = readFileSync(`${PROJECT}/lib/${path}`, "utf8");
  const [, lines = ""] = /@example\n \* ```ts\n([^]*?) \* ```\n/.exec(source)!;
  const code = lines.replaceAll(/^ \* ?/gm, "");
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${FOLDER}/${name}.ts`, `${before}\nexport ${code.slice(code.indexOf("class"))}`);
  const module: Record<string, new (options?: object) => unknown> = await import(
    `${FOLDER}/${name}.ts`
  );
  rmSync(FOLDER, { recursive: true });
  return (options) => new module[name]!(options);
}

const LIB = `import { CookieStore, ExternalStore } from "${PROJECT}/lib/index.js";`;

/** Stands for the key service that the example uses. */
const VAULT = `
  import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
  const key = randomBytes(32);
  const vault = {
    async encrypt(text) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      const sealed = [cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()];
      return Buffer.concat([nonce, ...sealed]).toString("base64url");
    },
    async decrypt(value) {
      const bytes = Buffer.from(value, "base64url");
      if (bytes.length < 28 || bytes.toString("base64url") !== value) return null;
      const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(-16));
      try {
        return decipher.update(bytes.subarray(12, -16), undefined, "utf8") + decipher.final("utf8");
      } catch {
        return null;
      }
    },
  };`;

const mapStore = (await exampleOf("external/external-store.ts", "MapStore", LIB)) as (
  options?: object,
) => ExternalStore;
const vaultStore = (await exampleOf(
  "cookie/cookie-store.ts",
  "VaultStore",
  LIB + VAULT,
)) as () => CookieStore;

describe("The example in the doc comment of ExternalStore", () => {
  externalStoreContract({ describe, it }, { create: mapStore, shared: false });
});

describe("The example in the doc comment of CookieStore", () => {
  cookieStoreContract({ describe, it }, { create: vaultStore, encrypted: true });
});
