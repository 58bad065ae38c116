// Runs examples/legacy.cjs on this Node, as its readers do, and visits it twice.
"use strict";
const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const { once } = require("node:events");
const http = require("node:http");

async function main() {
  const server = spawn(process.execPath, [...process.execArgv, "legacy.cjs"], {
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [line] = await once(server.stdout.setEncoding("utf8"), "data");
    const origin = line.trim();
    const first = await get(origin);
    assert.equal(first.text, "Visit number 1");
    const [cookie] = first.headers["set-cookie"][0].split(";");
    assert.equal((await get(origin, { cookie })).text, "Visit number 2");
  } finally {
    server.kill();
  }
}

/** Node 16 has no fetch. */
async function get(url, headers = {}) {
  const [response] = await once(http.get(url, { headers, agent: false }), "response");
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return { text, headers: response.headers };
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
