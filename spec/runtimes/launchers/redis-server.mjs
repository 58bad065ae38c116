import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

/** A Redis that keeps nothing, for the runtimes that can hold a connection to it. */
export async function startRedis() {
  // Somebody else may take the free port before Redis does.
  for (let attempt = 1; ; attempt++) {
    try {
      return await launch(await freePort());
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

async function launch(port) {
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", ""];
  const child = spawn("redis-server", args, { stdio: ["ignore", "pipe", "inherit"] });
  const kill = () => child.kill("SIGKILL");
  process.on("exit", kill);
  await new Promise((resolve, reject) => {
    let output = "";
    child.stdout.on("data", (chunk) => {
      output = (output + chunk).slice(-2000);
      if (output.includes("Ready to accept connections")) resolve();
    });
    child.on("error", reject);
    child.on("close", () => reject(new Error(`redis-server ended: ${output.trim()}`)));
  });
  return { url: `redis://127.0.0.1:${port}`, stop: kill };
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
