// Starts the servers of the projects, and lets none of them outlive this process.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../../bench/redis-server.mjs";

const running = new Set();

process.on("exit", () => {
  for (const child of running) kill(child);
});

/** Runs `command`, which serves on the port in its arguments or in PORT, until it answers. */
export async function startServer(command, args, cwd, env = {}) {
  const port = await freePort();
  const child = spawn(
    command,
    args.map((arg) => arg.replace("PORT", port)),
    {
      cwd,
      // A tool may start its server as a process of its own. The group has them all.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NODE_OPTIONS: "", ...env, PORT: `${port}` },
    },
  );
  running.add(child);
  child.once("close", () => running.delete(child));
  let output = "";
  const read = (chunk) => (output = (output + chunk).slice(-3000));
  child.stdout.on("data", read);
  child.stderr.on("data", read);

  const origin = `http://localhost:${port}`;
  const stop = async () => {
    if (!running.has(child)) return;
    kill(child);
    await once(child, "close");
  };
  const deadline = Date.now() + 40_000;
  while (!(await answers(`${origin}/ip`))) {
    if (!running.has(child)) throw new Error(`The server ended: ${output}`);
    if (Date.now() > deadline) {
      await stop();
      throw new Error(`The server does not answer: ${output}`);
    }
    await pause(100);
  }
  return { origin, stop, output: () => output };
}

async function answers(url) {
  return fetch(url, { signal: AbortSignal.timeout(5000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

function kill(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}
