// Both contracts, for any test runner. FAULT=1 uses a store with a fault.
const { SignedCookieStore, UnsafeMemoryStore } = require("@hattip/session");
const { cookieStoreContract, externalStoreContract } = require("@hattip/session/testing");

class RemovesNothing extends UnsafeMemoryStore {
  remove() {}
}

module.exports = function suites(runner) {
  const Store = process.env.FAULT ? RemovesNothing : UnsafeMemoryStore;
  externalStoreContract(runner, { create: (options) => new Store(options), shared: false });
  const keys = SignedCookieStore.generateKey().then((key) => [key]);
  cookieStoreContract(runner, { create: () => new SignedCookieStore(keys) });
};
