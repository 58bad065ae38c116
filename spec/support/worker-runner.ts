import { specsOf, type Define } from "./contract-report.js";

/** The titles of the specs, each with the message of the error if it failed. */
export type WorkerReport = [title: string, failure: string | null][];

/**
 * A test runner for Workers, where mocha cannot run. All specs run within one request: what one
 * request has begun, no other can wait for.
 */
export async function reportOf(define: Define): Promise<WorkerReport> {
  const report: WorkerReport = [];
  for (const [title, body] of specsOf(define)) {
    const failure = await body().then(
      () => null,
      (error: Error) => error.message,
    );
    report.push([title, failure]);
  }
  return report;
}
