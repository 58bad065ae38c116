/**
 * Removes each check from the code that seals and opens cookies, and that binds sessions to devices, one
 * by one. A spec must fail.
 */
export default {
  mutate: ["lib/cookie/**/*.ts", "lib/platform/**/*.ts", "lib/device-binding/**/*.ts"],
  testRunner: "mocha",
  mochaOptions: {
    spec: [
      "spec/cookie/**/*.spec.ts",
      "spec/platform/**/*.spec.ts",
      "spec/device-binding/**/*.spec.ts",
    ],
    // nonces.spec.ts seals a million values, which takes too long for each mutant. The specs of
    // web-platform.spec.ts run in another process, which has no mutants. A browser and PostgreSQL take
    // too long, too.
    ignore: [
      "spec/cookie/nonces.spec.ts",
      "spec/platform/web-platform.spec.ts",
      "spec/device-binding/in-chromium.spec.ts",
      "spec/device-binding/over-postgres.spec.ts",
    ],
  },
  testRunnerNodeArgs: ["--import", "ts-blank-space/register"],
  coverageAnalysis: "perTest",
  concurrency: 2,
  // The specs run from source. To read a tsconfig.json, Stryker would need TypeScript's JavaScript
  // API, which version 7 does not have.
  tsconfigFile: "none",
  disableTypeChecks: false,
  reporters: ["clear-text", "progress-append-only"],
  clearTextReporter: { allowColor: false, reportTests: false },
  allowConsoleColors: false,
  tempDirName: ".cache/mutation",
};
