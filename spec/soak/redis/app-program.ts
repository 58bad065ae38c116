// One app whose sessions are in Redis, under a steady load: the process that `AppProcess` starts.
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { RedisSessionStore } from "../../../lib/node.js";
import { appUnderLoad } from "./app-under-load.js";
import { loadClient } from "./clients.js";
import { nowMs, type Figures } from "./figures.js";
import { FinalLook } from "./final-look.js";
import { Load } from "./load.js";
import { messageOf } from "./message-of.js";
import type { Answer, AppSettings, Order } from "./messages.js";
import { setNamesFail } from "./names.js";
import { openDescriptors, usedHeapBytes } from "./resources.js";
import { TIMEOUT_SECONDS } from "./scenario.js";

/** Clients that have been replaced need a moment to close their connections. */
const SETTLING_MS = 300;
const MAX_SETTLINGS = 8;
const STALLED_REQUESTS = 30;
const FINAL_TIMEOUT_SECONDS = 10;

const settings = JSON.parse(process.argv[2]!) as AppSettings;
const unhandled: string[] = [];
const warnings: string[] = [];
process.on("uncaughtException", (error) => void unhandled.push(messageOf(error)));
process.on("unhandledRejection", (error) => void unhandled.push(messageOf(error)));
process.on("warning", ({ name, message }) => void warnings.push(`${name}: ${message}`));
// The parent process has ended.
const endAtOnce = (): never => process.exit(1);
process.on("disconnect", endAtOnce);

const create = await loadClient(settings.client, settings.topology);
// The first client of a library takes long: its class is made only then.
create(settings.deployment);
const storeWith = (timeout: number) =>
  new RedisSessionStore({ timeout, getClient: () => create(settings.deployment) });
const store = storeWith(TIMEOUT_SECONDS);
const load = new Load(appUnderLoad(store), settings.burstBytes);
let startedAtMs = 0;
const atStart = openDescriptors();
let beforeFault = { descriptors: 0, heapBytes: 0 };

process.on("message", (order: Order) => {
  // A failure here is a fault of this program itself. The parent process reports it.
  void obey(order)
    .catch((error): Answer => ({ failure: messageOf(error) }))
    .then((answer) => process.send!(answer, undefined, undefined, () => answer.figures && end()));
});
process.send!({} satisfies Answer);

async function obey(order: Order): Promise<Answer> {
  if (order.type === "finish") {
    return { figures: await finish() };
  }
  if (order.type === "start") {
    if (order.start === "warm") await load.warmUp();
    startedAtMs = nowMs();
    load.start();
  } else if (order.type === "measure") {
    beforeFault = { descriptors: openDescriptors(), heapBytes: usedHeapBytes() };
  } else if (order.type === "stall") {
    load.burst(STALLED_REQUESTS);
    for (let turn = 0; turn < order.turns; turn++) await setImmediate();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, order.milliseconds);
  } else if (order.type === "names") {
    setNamesFail(order.fail);
  } else {
    load.burst(order.reads);
  }
  return {};
}

/** From now on, only what the store has left open keeps this process running. */
function end(): void {
  process.off("disconnect", endAtOnce);
  process.disconnect();
}

async function finish(): Promise<Figures> {
  await load.stop();
  await sleep(SETTLING_MS);
  const after = { descriptors: openDescriptors(), heapBytes: usedHeapBytes() };
  const finalStore = storeWith(FINAL_TIMEOUT_SECONDS);
  const look = new FinalLook(appUnderLoad(finalStore), load);
  const updates = await look.take();
  await Promise.all([store.close(), finalStore.close()]);
  // The server closes its end, too.
  for (let i = 0; i < MAX_SETTLINGS && openDescriptors() > atStart; i++) await sleep(SETTLING_MS);
  const { requests, errors, slow, findings } = load;
  const { missing, revived, foreign } = findings;
  return {
    ...{
      startedAtMs,
      requests,
      errors,
      slow,
      late: load.meter.late,
      updates,
      missing,
      revived,
      foreign,
    },
    ...{ unreadable: look.unreadable, unhandled, warnings },
    descriptors: {
      atStart,
      beforeFault: beforeFault.descriptors,
      after: after.descriptors,
      closed: openDescriptors(),
    },
    heapBytes: { beforeFault: beforeFault.heapBytes, after: after.heapBytes },
  };
}
