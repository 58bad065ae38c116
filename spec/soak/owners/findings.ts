/** What the rounds of one run have seen. */
export class Findings {
  /** Of each request that failed: how often. */
  readonly errors = new Map<string, number>();
  /** What is wrong, in a sentence each. */
  readonly violations: string[] = [];
  rounds = 0;
  requests = 0;
  /** Sessions that the calls of `endSessionsOf()` have ended. */
  ended = 0;
  /** Cookies that had to be dead, and were. */
  dead = 0;
  /** Log-ins that were begun before the call and finished after it, and live. */
  lateLogIns = 0;
  /** Sessions that had to live, and do. */
  spared = 0;
  /** Lists that were compared with the living sessions. */
  lists = 0;
  /** Calls that failed, and were repeated. */
  repeatedCalls = 0;
  /** What is wrong because the backend has lost an acknowledged write, with the proof. */
  readonly lost: string[] = [];

  addError(message: string): void {
    this.errors.set(message, (this.errors.get(message) ?? 0) + 1);
  }

  get summary(): string {
    const errors = [...this.errors].map(([message, count]) => `${count} × ${message}`);
    return [
      `${this.rounds} rounds`,
      `${this.requests} requests`,
      `${this.ended} sessions ended`,
      `${this.dead} looks at dead cookies`,
      `${this.lateLogIns} late log-ins live`,
      `${this.spared} spared`,
      `${this.lists} lists`,
      `${this.repeatedCalls} calls repeated`,
      `${this.lost.length} lost by the backend`,
      `${this.violations.length} violations`,
      ...(errors.length > 0 ? [`failed requests: ${errors.join(", ")}`] : []),
    ].join(", ");
  }
}
