const assert = require("node:assert/strict");
const { join } = require("node:path");
const roundTrips = require("./round-trips.cjs");

const entry = join("dist", "cjs", "node.js");
assert.ok(require.resolve("@hattip/session").endsWith(entry), "require() loads the CommonJS build");

roundTrips(require("@hattip/session")).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
