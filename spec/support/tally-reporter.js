import Mocha from "mocha";

/** Clients and servers that specs have closed need far less time to end. */
const GRACE_PERIOD_MS = 20_000;

/** Warnings of Node that show a mistake here: a leak of listeners, or an error handled too late. */
const FATAL_WARNINGS = [
  "MaxListenersExceededWarning",
  "PromiseRejectionHandledWarning",
  "TimeoutNaNWarning",
  "TimeoutNegativeWarning",
  "TimeoutOverflowWarning",
];

/** Mocha's own report and a last line for scripts: `N passed, N failed`. */
export default class TallyReporter extends Mocha.reporters.Spec {
  #warnings = 0;

  constructor(runner, options) {
    super(runner, options);
    process.on("warning", ({ name, stack }) => {
      if (!FATAL_WARNINGS.includes(name)) return;
      console.error(`Node warned, which fails the run: ${stack}`);
      this.#warnings++;
    });
  }

  epilogue() {
    super.epilogue();
    console.log(`${this.stats.passes} passed, ${this.stats.failures + this.#warnings} failed`);
    // A warning may still come. The listener must run after mocha's own exit listener, which sets the
    // exit code to the number of failed specs.
    setImmediate(() => process.on("exit", () => this.#warnings > 0 && failRun()));
    // This timer does not keep the process alive. It fires only if something else does.
    setTimeout(endHangingProcess, GRACE_PERIOD_MS).unref();
  }
}

/** A client that a spec has not closed reconnects for ever, and the process would never end. */
function endHangingProcess() {
  const open = process.getActiveResourcesInfo().join(", ");
  console.error(`All specs have run, but the process cannot end. A spec has not closed: ${open}.`);
  process.on("exit", failRun);
  process.exit();
}

function failRun() {
  process.exitCode ||= 1;
}
