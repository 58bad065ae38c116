import Mocha from "mocha";

/** Clients and servers that specs have closed need far less time to end. */
const GRACE_PERIOD_MS = 20_000;

/** Mocha's own report and a last line for scripts: `N passed, N failed`. */
export default class TallyReporter extends Mocha.reporters.Spec {
  epilogue() {
    super.epilogue();
    console.log(`${this.stats.passes} passed, ${this.stats.failures} failed`);
    // This timer does not keep the process alive. It fires only if something else does.
    setTimeout(endHangingProcess, GRACE_PERIOD_MS).unref();
  }
}

/** A client that a spec has not closed reconnects for ever, and the process would never end. */
function endHangingProcess() {
  const open = process.getActiveResourcesInfo().join(", ");
  console.error(`All specs have run, but the process cannot end. A spec has not closed: ${open}.`);
  // Mocha's own exit listener sets the exit code to the number of failed specs.
  process.on("exit", () => (process.exitCode ||= 1));
  process.exit();
}
