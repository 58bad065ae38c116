import { setTimeout as sleep } from "node:timers/promises";
import { AdminConnection } from "./admin-connection.js";
import { lasting, onOneNode } from "./one-node.js";
import type { Run, Scenario } from "./scenario.js";

/** The server works, and refuses or delays some commands or connections. */
export const REFUSAL_SCENARIOS: readonly Scenario<any>[] = [
  onOneNode("client-kill", {
    title: "`CLIENT KILL` of all, 3 times in a second",
    fault: ({ server }, run) =>
      withAdmin(server.port, async (admin) => {
        for (let round = 1; round <= lasting(run, 15, 6); round++) {
          await admin.send("CLIENT KILL TYPE normal SKIPME yes");
          await sleep(333);
        }
      }),
    // Connections that end between two requests make none of them fail.
    expected: { minErrors: 0 },
  }),
  ...(["ALL", "WRITE"] as const).map((mode) =>
    onOneNode(`client-pause-${mode.toLowerCase()}`, {
      title: `\`CLIENT PAUSE 3000 ${mode}\``,
      async fault({ server }) {
        await server.cli("CLIENT", "PAUSE", "3000", mode);
        await sleep(3000);
      },
    }),
  ),
  onOneNode("script-flush", {
    title: "`SCRIPT FLUSH` all the time",
    isShort: true,
    fault: ({ server }, run) =>
      withAdmin(server.port, async (admin) => {
        for await (const _ of during(run)) await admin.send("SCRIPT FLUSH");
      }),
    expected: { minErrors: 0, maxErrors: 0 },
  }),
  onOneNode("out-of-memory", {
    title: "`OOM`",
    isShort: true,
    async fault({ server }, run) {
      await server.cli("CONFIG", "SET", "maxmemory", "1");
      await sleep(lasting(run, 6000, 2000));
      await server.cli("CONFIG", "SET", "maxmemory", "0");
    },
    // Requests that only read need no memory, even if a renewal of their session is due.
    expected: { mayFail: ["begin", "update", "login", "logout"] },
  }),
  onOneNode("max-clients", {
    title: "`maxclients` reached",
    fault: ({ server }, run) =>
      withAdmin(server.port, async (admin) => {
        await admin.send("CONFIG SET maxclients 1");
        await admin.send("CLIENT KILL TYPE normal SKIPME yes");
        await sleep(lasting(run, 6000, 2000));
        await admin.send("CONFIG SET maxclients 1000");
      }),
    // ioredis waits for up to 2 seconds between its attempts to connect.
    expected: { recoverySeconds: 2.5 },
  }),
];

async function withAdmin(
  port: number,
  work: (admin: AdminConnection) => Promise<void>,
): Promise<void> {
  const admin = await AdminConnection.to(port);
  try {
    await work(admin);
  } finally {
    admin.close();
  }
}

/** Every 5 milliseconds for some seconds. */
async function* during(run: Run): AsyncGenerator<void> {
  const endMs = performance.now() + lasting(run, 6000, 2000);
  while (performance.now() < endMs) {
    yield;
    await sleep(5);
  }
}
