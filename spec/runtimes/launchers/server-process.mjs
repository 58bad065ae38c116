import { spawn } from "node:child_process";
import { httpSender } from "./http-sender.mjs";

const running = new Set();

// No server may outlive this process.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Runs a server that prints `port <number>` when it listens. */
export async function startServer(command, args, folder) {
  const child = spawn(command, args, {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  running.add(child);
  child.on("close", () => running.delete(child));
  const port = await new Promise((resolve, reject) => {
    let output = "";
    const read = (chunk) => {
      output = (output + chunk).slice(-2000);
      const match = /^port (\d+)$/m.exec(output);
      if (match) resolve(match[1]);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("error", reject);
    child.on("close", () => reject(new Error(`the server ended: ${output.trim()}`)));
  });
  return { send: httpSender(`http://127.0.0.1:${port}`), stop: () => child.kill("SIGKILL") };
}
