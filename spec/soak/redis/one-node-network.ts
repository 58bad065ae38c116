import { setTimeout as sleep } from "node:timers/promises";
import { nowMs } from "./figures.js";
import { HOST_NAME } from "./names.js";
import { DistantNode, lasting, onDistantNode } from "./one-node.js";
import { TIMEOUT_SECONDS, type Run, type Scenario } from "./scenario.js";

const LARGE_RECORD_BYTES = 64_000; // with the rest of a record, it is just below the default limit
const BURST = 100;
/** All replies to a burst of reads take this long. */
const BURST_SECONDS = 2;

/** The network loses bytes or connections, or is slow. */
export const NETWORK_SCENARIOS: readonly Scenario<any>[] = [
  onDistantNode("blackhole", {
    title: "the network drops everything for 3 s",
    isShort: true,
    async fault({ proxy }) {
      await proxy.blackhole();
      await sleep(3000);
      await proxy.pass();
    },
  }),
  onDistantNode("half-open", {
    title: "a firewall drops the connection; new ones work",
    isShort: true,
    async fault({ proxy }) {
      proxy.dropSilently();
    },
    // The requests of one timeout, 50 in a second, not of two.
    expected: { maxErrors: 90, maxRefused: 10 },
  }),
  onDistantNode("lost-replies", {
    title: "connections end before a reply, 5 in a second",
    isShort: true,
    async fault({ proxy }, run) {
      await repeat(run, 200, () => proxy.cutBeforeReply(1));
      await proxy.pass();
    },
  }),
  onDistantNode("lost-requests", {
    title: "connections end before a request, 5 in a second",
    async fault({ proxy }, run) {
      await repeat(run, 200, () => proxy.cutBeforeRequest(1));
      await proxy.pass();
    },
  }),
  onDistantNode("resets", {
    title: "resets every 0.5 s",
    isShort: true,
    async fault({ proxy }, run) {
      await repeat(run, 500, async () => {
        await run.app.burst(20);
        proxy.resetAll();
        // While the client may be connecting again.
        await sleep(Math.random() * 50);
        proxy.resetAll();
      });
    },
  }),
  onDistantNode("slow-link", {
    title: "100 reads of 64 KB at once, over a link that needs 2 s for them",
    isShort: true,
    burstBytes: LARGE_RECORD_BYTES,
    async fault({ proxy }, run) {
      await proxy.throttle((BURST * LARGE_RECORD_BYTES) / BURST_SECONDS);
      run.recovered(); // the server works all the time
      const connections = proxy.accepted;
      const sinceMs = nowMs();
      await run.app.burst(BURST);
      await sleep((BURST_SECONDS + TIMEOUT_SECONDS) * 1000);
      if (proxy.accepted > connections) {
        // On a busy machine, the app or the proxy may stand still. Then no connection answers.
        const unless = { sinceMs, lateMs: (TIMEOUT_SECONDS / 2) * 1000 };
        run.violated("a connection that answers was given up", unless);
      }
    },
    expected: {
      // Requests of the first second wait too long behind the burst, and fail one second later.
      recoverySeconds: BURST_SECONDS + 2,
      minErrors: 0,
      maxSlow: Infinity, // a request may need two replies, and wait for each
    },
  }),
  onDistantNode("names", {
    title: "the server's name does not resolve for 3 s",
    start: () => DistantNode.start({ host: HOST_NAME }),
    async fault({ proxy }, run) {
      await run.app.namesFail(true);
      proxy.resetAll();
      await sleep(3000);
      await run.app.namesFail(false);
    },
  }),
];

async function repeat(run: Run, everyMs: number, strike: () => unknown): Promise<void> {
  const rounds = lasting(run, 6000, 2500) / everyMs;
  for (let round = 1; round <= rounds; round++) {
    await strike();
    await sleep(everyMs);
  }
}
