import type { AdapterRequestContext, HattipHandler } from "@hattip/core";
import { expect } from "chai";
import type { UnsafeMemoryStore } from "../../lib/index.js";
import { app } from "./app.js";
import { collectGarbage } from "./collect-garbage.js";

const WARM_UP_REQUESTS = 5000;

/**
 * Sends so many requests without a cookie; half of their handlers read the session. Expects that
 * these requests create no record, set no cookie and do not grow the heap.
 */
export async function expectNothingLeftOf(
  requests: number,
  store: UnsafeMemoryStore,
): Promise<void> {
  const handler = app(
    { store, defaultSessionData: { shelf: [] } },
    { "/ignore": () => new Response(), "/look": ({ session }) => session.data.shelf },
  );
  await send(handler, WARM_UP_REQUESTS);
  const before = usedHeap();
  await send(handler, requests);
  const growth = usedHeap() - before;
  expect(store.size).to.equal(0);
  expect(growth, "growth of the heap in bytes").to.be.below(1_000_000);
}

async function send(handler: HattipHandler<any>, count: number): Promise<void> {
  const requests = ["ignore", "look"].map((path) => contextOf(`https://example.com/${path}`));
  for (let i = 0; i < count; i++) {
    const response = await handler({ ...requests[i % 2]! });
    if (response.headers.has("set-cookie")) throw new Error("An anonymous request got a cookie.");
  }
}

function contextOf(url: string): AdapterRequestContext {
  return {
    request: new Request(url),
    ip: "127.0.0.1",
    platform: undefined,
    env: () => undefined,
    passThrough() {},
    waitUntil() {},
  };
}

function usedHeap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
