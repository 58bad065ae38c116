import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Starts a `redis-server` for this run. It listens on loopback, and keeps nothing on disk. */
export async function startRedis() {
  // Another process may take the free port before Redis does.
  for (let attempt = 1; ; attempt++) {
    try {
      return await launch(await freePort());
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

async function launch(port) {
  const folder = mkdtempSync(join(tmpdir(), "session-redis-"));
  const args = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
  const server = spawn("redis-server", args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => server.on("close", resolve));
  process.on("exit", () => {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  await ready(server);
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      server.kill();
      await ended;
    },
  };
}

function ready(server) {
  return new Promise((resolve, reject) => {
    let output = "";
    server.stdout.on("data", (chunk) => {
      output = (output + chunk).slice(-2000);
      if (output.includes("Ready to accept connections")) resolve();
    });
    server.on("error", ({ message }) => {
      reject(new Error(`${message}. To install it: apt-get install redis-server`));
    });
    server.on("close", () => reject(new Error(`redis-server has exited: ${output.trim()}`)));
  });
}

/** A port of the loopback address on which nothing listens. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
