import { messageCounts, perSecond } from "./errors-by-second.js";
import type { Result } from "./run-scenario.js";
import { recoveryMs } from "./verdict.js";

/** A Markdown table: a row for each scenario, a column for each client. */
export function table(topology: string, results: readonly Result[]): string {
  const clients = [...new Set(results.map(({ client }) => client))];
  const scenarios = [...new Set(results.map(({ scenario }) => scenario))];
  const rows = scenarios.map((scenario) => [
    scenario.title,
    ...clients.map((client) => {
      const result = results.find((one) => one.scenario === scenario && one.client === client);
      return result ? cell(result) : "";
    }),
  ]);
  return markdownTable([topology, ...clients], rows);
}

export function markdownTable(headings: readonly string[], rows: readonly string[][]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [row(headings), row(headings.map(() => "---")), ...rows.map(row)].join("\n");
}

/** The last error after the recovery, the number of errors, and lost updates. */
export function cell({ outcome, violations }: Result): string {
  const mark = violations.length > 0 ? " ✗" : "";
  if (!outcome) return `failed${mark}`;
  const { errors, updates, missing, revived, foreign } = outcome;
  const parts = [
    `${(recoveryMs(outcome) / 1000).toFixed(1)} s`,
    `${errors.length} errors`,
    `${updates.lost} lost`,
    ...(missing > 0 ? [`${missing} missing`] : []),
    ...(revived > 0 ? [`${revived} revived`] : []),
    ...(foreign > 0 ? [`${foreign} foreign`] : []),
  ];
  return parts.join(" · ") + mark;
}

/** What a run has seen, in some lines. */
export function details({ outcome, violations }: Result): string {
  const lines = [violations.join("; ") || "as expected"];
  if (outcome) {
    const { requests, updates, slow, descriptors, heapBytes, errors, recoveredAtMs } = outcome;
    const { acknowledged, failed, final } = updates;
    const { atStart, beforeFault, after, closed } = descriptors;
    const seconds = (ms: number) => ((ms - outcome.startedAtMs) / 1000).toFixed(1);
    const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
    lines.push(
      `  ${requests} requests; recovered at ${seconds(recoveredAtMs)} s; errors by second: ${perSecond(outcome)}`,
      ...(errors[0] ? [`  first error at ${seconds(errors[0].atMs)} s (${errors[0].kind})`] : []),
      ...messageCounts(errors).map(([message, count]) => `  ${count} × ${message}`),
      ...slow.slice(0, 3).map((one) => `  slow: ${one.kind}, ${one.milliseconds} ms`),
      `  updates: ${acknowledged} acknowledged, ${failed} failed, ${final} final`,
      `  descriptors: ${atStart}, ${beforeFault} before the fault, ${after} after it, ${closed} closed; heap: ${megabytes(heapBytes.beforeFault)} MB, ${megabytes(heapBytes.after)} MB after`,
    );
  }
  return lines.join("\n");
}
