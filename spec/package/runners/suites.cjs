// Both contracts, for whatever runner asks. FAULT=1 plants a fault.
const { SignedCookieStore, UnsafeMemoryStore } = require("@hattip/session");
const { cookieStoreContract, externalStoreContract } = require("@hattip/session/testing");

class ForgetsNothing extends UnsafeMemoryStore {
  remove() {}
}

module.exports = function suites(runner) {
  const Store = process.env.FAULT ? ForgetsNothing : UnsafeMemoryStore;
  externalStoreContract(runner, { create: () => new Store(), shared: false });
  const keys = SignedCookieStore.generateKey().then((key) => [key]);
  cookieStoreContract(runner, { create: () => new SignedCookieStore(keys) });
};
