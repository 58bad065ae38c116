import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const kept = new Set<string>();

function remove(path: string): void {
  kept.delete(path);
  rmSync(path, { recursive: true, force: true });
}

process.on("exit", () => kept.forEach(remove));

/** Creates an empty folder. `remove()` or the end of the process removes it. */
export function temporaryFolder(name: string): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `session-${name}-`));
  kept.add(path);
  return { path, remove: () => remove(path) };
}
