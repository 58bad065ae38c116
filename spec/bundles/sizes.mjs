import { build } from "esbuild";
import { gzipSync } from "node:zlib";

/** The most bytes that a minified bundle for browsers may have. */
const COOKIE_STORE_BYTES = 37_100;
const REDIS_BYTES = 55_600;

const bundles = [
  withStore("SignedCookieStore", COOKIE_STORE_BYTES),
  withStore("EncryptedCookieStore", COOKIE_STORE_BYTES),
  withStore("UnsignedCookieStore", COOKIE_STORE_BYTES),
  withStore("UnsafeMemoryStore"),
  withStore("KvSessionStore"),
  withStore("RedisSessionStore", REDIS_BYTES),
  withStore("RedisSessionStore, DeviceBinding"),
  { name: "the whole package", exports: "*", limit: Infinity },
];

const platforms = [
  { name: "browsers", options: { platform: "browser" } },
  { name: "Workers", options: { conditions: ["workerd", "worker", "browser"] } },
  { name: "Node", options: { platform: "node" } },
];

function withStore(store, limit = Infinity) {
  return { name: `session + ${store}`, exports: `{ session, ${store} }`, limit };
}

/**
 * Measures the bundles, minified by esbuild. Returns the lines of a table, and a failure for each
 * bundle that is larger than its limit.
 */
export async function measureSizes(folder) {
  const lines = [["minified (gzip), kB", ...platforms.map(({ name }) => name), "limit"]];
  const failures = [];
  for (const { name, exports, limit } of bundles) {
    const sizes = [];
    for (const { options } of platforms) sizes.push(await measure(folder, exports, options));
    const cells = sizes.map(({ bytes, gzip }) => `${kB(bytes)} (${kB(gzip)})`);
    lines.push([name, ...cells, limit === Infinity ? "" : kB(limit)]);

    const [{ bytes, files }] = sizes;
    if (bytes <= limit) continue;
    failures.push(`${name}: ${bytes} bytes for browsers, limit ${limit}. The files:\n${files}`);
  }
  return { lines, failures };
}

async function measure(folder, exports, options) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export ${exports} from "@hattip/session"`, resolveDir: folder },
    absWorkingDir: folder,
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
    metafile: true,
    logLevel: "silent",
    ...options,
  });
  const [{ contents }] = outputFiles;
  const [{ inputs }] = Object.values(metafile.outputs);
  return {
    bytes: contents.length,
    gzip: gzipSync(contents, { level: 9 }).length,
    files: filesBySize(inputs),
  };
}

function filesBySize(inputs) {
  return Object.entries(inputs)
    .toSorted(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)
    .map(([path, { bytesInOutput }]) => `${String(bytesInOutput).padStart(6)}  ${path}`)
    .join("\n");
}

function kB(bytes) {
  return (bytes / 1000).toFixed(1);
}
