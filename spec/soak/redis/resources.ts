import { readdirSync } from "node:fs";
import { collectGarbage } from "../../support/collect-garbage.js";

/** The number of open descriptors of this process: files, sockets and pipes. */
export function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

/** The bytes of the heap that are in use, after a garbage collection. */
export function usedHeapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
