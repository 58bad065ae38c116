import { perSecond } from "./errors-by-second.js";
import type { Result } from "./run-scenario.js";
import { markdownTable } from "./table.js";
import { recoveryMs, type Outcome } from "./verdict.js";

const HEADINGS = [
  ...["errors by second", "last error", "updates: acknowledged, failed, final", "lost"],
  ...["missing", "revived", "unhandled", "slow", "descriptors", "heap in MB"],
];

/** A Markdown table for each client, with all figures of each scenario. */
export function figuresTables(topology: string, results: readonly Result[]): string {
  const clients = [...new Set(results.map(({ client }) => client))];
  return clients
    .map((client) => {
      const rows = results
        .filter((result) => result.client === client)
        .map(({ scenario, outcome }) => [
          scenario.title,
          ...(outcome ? figures(outcome) : HEADINGS.map(() => "")),
        ]);
      return `${markdownTable([`${topology}, ${client}`, ...HEADINGS], rows)}\n`;
    })
    .join("\n");
}

function figures(outcome: Outcome): string[] {
  const { updates, missing, revived, unhandled, slow, descriptors, heapBytes } = outcome;
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  return [
    perSecond(outcome),
    `${(recoveryMs(outcome) / 1000).toFixed(1)} s`,
    `${updates.acknowledged}, ${updates.failed}, ${updates.final}`,
    ...[updates.lost, missing, revived, unhandled.length, slow.length].map(String),
    `${descriptors.beforeFault} → ${descriptors.after}`,
    `${megabytes(heapBytes.beforeFault)} → ${megabytes(heapBytes.after)}`,
  ];
}
