/**
 * Takes each check out of the code that seals and opens cookies, one at a
 * time, to see that a spec fails.
 */
export default {
  mutate: ["lib/cookie/**/*.ts", "lib/platform/**/*.ts"],
  testRunner: "mocha",
  mochaOptions: {
    spec: ["spec/cookie/**/*.spec.ts", "spec/platform/**/*.spec.ts"],
    // A million seals for each mutant take too long; and what runs in
    // another process sees no mutant.
    ignore: ["spec/cookie/nonces.spec.ts", "spec/platform/web-platform.spec.ts"],
  },
  testRunnerNodeArgs: ["--import", "ts-blank-space/register"],
  coverageAnalysis: "perTest",
  concurrency: 2,
  // The specs run from source. Stryker would read a tsconfig.json with TypeScript's JavaScript
  // API, which version 7 has not.
  tsconfigFile: "none",
  disableTypeChecks: false,
  reporters: ["clear-text", "progress-append-only"],
  clearTextReporter: { allowColor: false, reportTests: false },
  allowConsoleColors: false,
  tempDirName: ".cache/mutation",
};
