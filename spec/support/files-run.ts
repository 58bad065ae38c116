import { Session } from "node:inspector/promises";

const LIB = new URL("../../lib/", import.meta.url).href;

/**
 * The files of lib/ of which at least one function runs during the action, by V8's own coverage.
 * Code at the top level of a module, which runs when it is loaded, does not count.
 */
export async function filesRunBy(action: () => Promise<unknown>): Promise<string[]> {
  const inspector = new Session();
  inspector.connect();
  await inspector.post("Profiler.enable");
  await inspector.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  try {
    await action();
    const { result } = await inspector.post("Profiler.takePreciseCoverage");
    return result
      .filter(({ url, functions }) => url.startsWith(LIB) && functions.some(hasRun))
      .map(({ url }) => url.slice(LIB.length));
  } finally {
    await inspector.post("Profiler.stopPreciseCoverage");
    inspector.disconnect();
  }
}

interface FunctionCoverage {
  readonly ranges: { readonly startOffset: number; readonly count: number }[];
}

function hasRun({ ranges: [range] }: FunctionCoverage): boolean {
  const isModule = range!.startOffset === 0;
  return range!.count > 0 && !isModule;
}
