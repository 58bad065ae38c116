import type { CookieStore } from "../cookie/cookie-store.js";
import type { Awaitable } from "../platform/awaitable.js";
import { Client, contextWith, destroyAfterThreeVisits, scopeOf } from "./client.js";
import { specifyRoundTrips } from "./cookie/round-trips.js";
import { SealedCookies, type WithCookies } from "./cookie/sealed-cookies.js";
import { specifyAnyInput, specifyBinding, specifySeal, specifySecrecy } from "./cookie/sealing.js";
import { specifierFor, type TestRunner } from "./test-runner.js";

/** What a cookie store declares about itself. */
export interface CookieStoreContractOptions {
  /** Makes a store. All stores that one contract makes must have the same keys. */
  create(): Awaitable<CookieStore>;
  /**
   * Whether the store rejects values that a client has made up or changed. `false` for stores like
   * `UnsignedCookieStore`. Default: `true`.
   */
  sealed?: boolean;
  /** Whether the store rejects a value under another cookie name. Default: as `sealed`. */
  bound?: boolean;
  /** Whether a client cannot read the value. Default: `false`. */
  encrypted?: boolean;
  /** Added to the `ctx` of the hooks. Example: `{ platform: { env } }`. */
  ctx?: object;
}

/**
 * The contract of cookie stores, as specs of your test runner. Needs Node 18 or newer.
 *
 * @example
 * ```ts
 * import { cookieStoreContract } from "@hattip/session/testing";
 *
 * cookieStoreContract({ describe, it }, { create: () => new MyCookieStore(keys), encrypted: true });
 * ```
 */
export function cookieStoreContract(runner: TestRunner, options: CookieStoreContractOptions): void {
  const { sealed = true, bound = sealed, encrypted = false, ctx } = options;
  const specify = specifierFor(runner);
  const withCookies: WithCookies = (check) => async () =>
    check(
      new SealedCookies(await options.create(), await options.create(), scopeOf(contextWith(ctx))),
    );
  runner.describe("keeps the contract of cookie stores", () => {
    specifyRoundTrips(specify, withCookies);
    specifyAnyInput(specify, withCookies);
    if (sealed) specifySeal(specify, withCookies);
    if (bound) specifyBinding(specify, withCookies);
    if (encrypted) specifySecrecy(specify, withCookies);
    specify("A session lasts from request to request until it is destroyed.", async () => {
      await destroyAfterThreeVisits(new Client(await options.create(), ctx));
    });
  });
}
