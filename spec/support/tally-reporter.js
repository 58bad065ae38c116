import Mocha from "mocha";

/** Mocha's own report, closed by one line that a script can read: `N passed, N failed`. */
export default class TallyReporter extends Mocha.reporters.Spec {
  epilogue() {
    super.epilogue();
    console.log(`${this.stats.passes} passed, ${this.stats.failures} failed`);
  }
}
