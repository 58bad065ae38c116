import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

const packages = ["@hattip/session", "@hattip/compose", "@hattip/cookie", "cookie"];

/** Serves the folder's modules without a bundler. An import map finds the packages. */
export async function servePage(folder, entry) {
  const imports = Object.fromEntries(packages.map((name) => [name, entryPath(folder, name)]));
  const page = `<!doctype html>
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module" src="/${entry}"></script>`;

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://127.0.0.1");
    const file = join(folder, pathname);
    if (pathname === "/") {
      response.setHeader("content-type", "text/html").end(page);
    } else if (existsSync(file)) {
      const source = readFileSync(file, "utf8");
      response.setHeader("content-type", "text/javascript");
      response.end(pathname === imports.cookie ? asModule(source) : source);
    } else {
      response.writeHead(404).end();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

function entryPath(folder, name) {
  const { exports, main } = JSON.parse(
    readFileSync(join(folder, "node_modules", name, "package.json"), "utf8"),
  );
  const entry = exports?.["."] ?? exports ?? main;
  return join("/node_modules", name, entry.import?.default ?? entry);
}

/** Wraps `cookie`, which is CommonJS without imports. @hattip/cookie imports these two names. */
function asModule(commonJs) {
  return `const exports = {};\n${commonJs}\nexport const { parse, serialize } = exports;`;
}
