import { setTimeout as sleep } from "node:timers/promises";
import { lasting, OneNode, onOneNode } from "./one-node.js";
import type { Scenario } from "./scenario.js";

/** The server dies, hangs, starts late or needs long to start. */
export const SERVER_SCENARIOS: readonly Scenario<any>[] = [
  onOneNode("kill", {
    title: "`kill -9`, restarted with all records",
    isShort: true,
    async fault({ server }, run) {
      await server.kill();
      await sleep(lasting(run, 3000, 1000));
      await server.restart();
    },
  }),
  hang(0.5, { minErrors: 0, maxErrors: 0 }),
  hang(3, {}),
  hang(10, {}),
  onOneNode("late-start", {
    title: "the server starts 3 s after the app",
    startsDown: true,
    async start() {
      const servers = await OneNode.start();
      await servers.server.kill();
      return servers;
    },
    async fault({ server }) {
      await sleep(3000);
      await server.restart();
    },
  }),
  onOneNode("loading", {
    title: "`LOADING` after a restart",
    start: () =>
      OneNode.start({
        // The server answers LOADING for at least 2 seconds.
        args: ["--key-load-delay", "20000", "--loading-process-events-interval-bytes", "1024"],
      }),
    async fault({ server }) {
      await server.kill();
      await server.restart();
    },
  }),
];

function hang(seconds: number, expected: Scenario["expected"]): Scenario<any> {
  return onOneNode(`hang-${seconds}`, {
    title: `\`SIGSTOP\` for ${seconds} s`,
    isShort: seconds === 3,
    async fault({ server }) {
      server.pause();
      await sleep(seconds * 1000);
      server.resume();
    },
    expected,
  });
}
