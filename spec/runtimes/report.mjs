/** Collects the results of all checks, and prints them as a table and a list of failures. */
export class Report {
  #rows = new Map();
  #reasons = [];
  #columns;

  constructor(runtimeNames, columns) {
    this.#columns = columns;
    for (const name of runtimeNames) this.#rows.set(name, new Map());
  }

  pass(runtime, column) {
    this.#rows.get(runtime).set(column, "ok");
  }

  fail(runtime, column, reason) {
    this.#rows.get(runtime).set(column, "FAIL");
    this.#reasons.push(`${runtime}, ${column}: ${reason}`);
  }

  /** The runtime cannot do what is checked. */
  leaveOut(runtime, column) {
    this.#rows.get(runtime).set(column, "–");
  }

  /** Prints the results. A check that has not run counts as failed. */
  print() {
    const cells = [...this.#rows].map(([name, results]) => [
      name,
      ...this.#columns.map((column) => results.get(column) ?? "not run"),
    ]);
    const lines = [["runtime", ...this.#columns], ...cells];
    const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
    for (const line of lines) {
      console.log(
        line
          .map((cell, i) => cell.padEnd(widths[i]))
          .join("  ")
          .trimEnd(),
      );
    }
    for (const reason of this.#reasons) console.log(`\n${reason}`);

    const results = cells.flatMap(([, ...row]) => row).filter((cell) => cell !== "–");
    const passed = results.filter((cell) => cell === "ok").length;
    const failed = results.length - passed;
    console.log(`\n${passed} passed, ${failed} failed`);
    return failed === 0;
  }
}
