import type { FailedRequest } from "./figures.js";
import type { Outcome } from "./verdict.js";

const MAX_SECONDS = 30;

/** The number of errors in each second since the load began, from the first to the last error. */
export function perSecond({ errors, startedAtMs }: Outcome): string {
  const counts: number[] = [];
  for (const { atMs } of errors) {
    const second = Math.floor((atMs - startedAtMs) / 1000);
    while (counts.length <= second) counts.push(0);
    counts[second]!++;
  }
  const text = counts.slice(0, MAX_SECONDS).join(" ") || "none";
  return counts.length > MAX_SECONDS ? `${text} …` : text;
}

/** The different messages and how often each came; rare ones are left out. */
export function messageCounts(errors: readonly FailedRequest[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { message } of errors) counts.set(message, (counts.get(message) ?? 0) + 1);
  const most = [...counts.values()].reduce((max, count) => Math.max(max, count), 0);
  return [...counts].filter(([, count]) => count * 50 >= most);
}
