import Mocha from "mocha";

/** Milliseconds: clients and servers that were told to end have ended long before. */
const PATIENCE = 20_000;

/** Mocha's own report, closed by one line that a script can read: `N passed, N failed`. */
export default class TallyReporter extends Mocha.reporters.Spec {
  epilogue() {
    super.epilogue();
    console.log(`${this.stats.passes} passed, ${this.stats.failures} failed`);
    // Does not keep the process alive itself: it goes off only if something else does.
    setTimeout(endUnended, PATIENCE).unref();
  }
}

/**
 * A client that a spec has left open looks for its server for ever, and the run would never end.
 */
function endUnended() {
  const open = process.getActiveResourcesInfo().join(", ");
  console.error(`The specs are over, but the process is not: a spec has left open ${open}.`);
  // Mocha has a listener of its own, which sets the number of failed specs.
  process.on("exit", () => (process.exitCode ||= 1));
  process.exit();
}
