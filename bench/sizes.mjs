import { gzipSync } from "node:zlib";
import { bundle, FOR_WORKERS } from "./startup/bundle.mjs";
import { table } from "./tables.mjs";

const INDEX = "../dist/esm/index.js";
const WORKERD = "../dist/esm/workerd.js";

/** What an app imports for a session. This package has an entry point of its own for Workers. */
const BUNDLES = [
  ...["SignedCookieStore", "EncryptedCookieStore", "UnsignedCookieStore", "UnsafeMemoryStore"],
  ...["KvSessionStore", "RedisSessionStore", "RedisSessionStore, DeviceBinding"],
]
  .map((names) => ours(names, `{ session, ${names} }`))
  .concat([
    ours("all of it", "*"),
    peer("react-router", "createCookieSessionStorage"),
    peer("hono/cookie", "getSignedCookie, setSignedCookie"),
    peer("iron-session", "getIronSession"),
    peer("h3", "useSession"),
    peer("hono-sessions", "sessionMiddleware, CookieStore"),
    peer("hattip-session-0.0.49", "session, EncryptedCookieStore", "@hattip/session 0.0.49"),
  ]);

function ours(names, exported) {
  return {
    title: `**this package**, ${names}`,
    browsers: `export ${exported} from "${INDEX}"`,
    workers: `export ${exported} from "${WORKERD}"`,
  };
}

function peer(module, names, title = module) {
  const program = `export { ${names} } from "${module}"`;
  return { title, browsers: program, workers: program };
}

/** The bytes of bundles without an app, minified by esbuild, and after gzip. */
export async function measureSizes() {
  const measured = [];
  for (const { title, browsers, workers } of BUNDLES) {
    measured.push({
      title,
      browsers: await sizeOf(browsers, { platform: "browser" }),
      workers: await sizeOf(workers, FOR_WORKERS),
    });
  }
  return measured;
}

async function sizeOf(program, options) {
  const bytes = await bundle(program, options);
  return { bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
}

/** A section of the appendix. */
export function bundles(measured) {
  const rows = measured.map(({ title, browsers, workers }) => [
    title,
    ...[browsers.bytes, browsers.gzip, workers.bytes, workers.gzip].map(kilobytes),
  ]);
  return `## Bundles

What a bundle for browsers or for Workers holds of a library, in kB: minified by esbuild, and after gzip. The app is not
in it.

${table(["", "browsers", "gzip", "Workers", "gzip"], rows)}`;
}

function kilobytes(bytes) {
  return (bytes / 1000).toFixed(1);
}
