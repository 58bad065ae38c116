import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { REDIS_SERVER } from "../../support/redis-server.js";

const require = createRequire(import.meta.url);

/** The server, the clients and Node, with their versions. */
export async function versions(): Promise<string> {
  const { stdout } = await promisify(execFile)(REDIS_SERVER, ["--version"]);
  const [, server = REDIS_SERVER, version = stdout] = /^(\w+) server v=(\S+)/i.exec(stdout) ?? [];
  const clients = ["redis", "ioredis5", "ioredis"].map((name) => {
    const manifest = require(`${name}/package.json`) as { name: string; version: string };
    return `${manifest.name} ${manifest.version}`;
  });
  return [`${server} ${version}`, ...clients, `Node ${process.versions.node}`].join(", ");
}
