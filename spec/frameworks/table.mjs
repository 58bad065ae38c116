/** Collects what the checks found, and prints it as a table and a list of failures. */
export class Table {
  #rows = new Map();
  #failures = [];

  /** @param checks - The names of the checks that this server must pass. */
  expect(server, checks) {
    this.#rows.set(server, new Map(checks.map((check) => [check, "not run"])));
  }

  pass(server, check) {
    this.#rows.get(server).set(check, "ok");
  }

  fail(server, check, reason) {
    this.#rows.get(server).set(check, "FAIL");
    this.#failures.push(`${server}, ${check}: ${reason}`);
  }

  /** Returns whether all checks have passed. A check that has not run counts as failed. */
  print() {
    const checks = [...new Set([...this.#rows.values()].flatMap((row) => [...row.keys()]))];
    const lines = [
      ["", ...checks],
      ...[...this.#rows].map(([server, row]) => [
        server,
        ...checks.map((check) => row.get(check) ?? "-"),
      ]),
    ];
    const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
    for (const line of lines) {
      const cells = line.map((cell, i) => cell.padEnd(widths[i]));
      console.log(cells.join("  ").trimEnd());
    }
    for (const failure of this.#failures) console.log(`\n${failure}`);
    return [...this.#rows.values()].every((row) =>
      [...row.values()].every((cell) => cell === "ok"),
    );
  }
}
