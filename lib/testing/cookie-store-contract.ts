import type { CookieStore } from "../cookie/cookie-store.js";
import type { Awaitable } from "../platform/awaitable.js";
import { Client, contextWith, destroyAfterThreeVisits, scopeOf } from "./client.js";
import { specifyBinding } from "./cookie/binding.js";
import { specifyBrokenKeys } from "./cookie/broken-keys.js";
import { specifyRotation } from "./cookie/rotation.js";
import { specifyRoundTrips } from "./cookie/round-trips.js";
import { SealedCookies, type StartProcess } from "./cookie/sealed-cookies.js";
import { specifyAnyInput, specifySeal } from "./cookie/sealing.js";
import { specifySecrecy } from "./cookie/secrecy.js";
import { specifierFor, type TestRunner } from "./test-runner.js";

/** The options of `cookieStoreContract()`: how to make the store, and what it can do. */
export interface CookieStoreContractOptions {
  /** Makes a store. All stores that one contract makes must have the same keys. */
  create(): Awaitable<CookieStore>;
  /**
   * Whether the store rejects values that a client has invented or changed. `false` for a store like
   * `UnsignedCookieStore`. Default: `true`.
   */
  sealed?: boolean;
  /** Whether the store rejects a value under another cookie name. Default: the value of `sealed`. */
  bound?: boolean;
  /** Whether a client cannot read the value. Default: `false`. */
  encrypted?: boolean;
  /**
   * Makes a store as after a key rotation: with a new first key, followed by the keys of `create`.
   * Without it, no key rotation is tested.
   */
  rotated?(): Awaitable<CookieStore>;
  /**
   * Makes a store whose keys cannot be loaded, if keys come from a service or a promise. Without it,
   * no such failure is tested.
   */
  broken?(): Awaitable<CookieStore>;
  /** The limit of one spec, in seconds, for slow stores. Default: 60. */
  timeoutSeconds?: number;
  /** Added to the `ctx` of the hooks. Example: `{ platform: { env } }`. */
  ctx?: object;
}

/**
 * Registers the contract of cookie stores, as specs of your test runner. Needs Node 18 or newer.
 *
 * @example
 * ```ts
 * import { cookieStoreContract } from "@hattip/session/testing";
 *
 * cookieStoreContract(
 *   { describe, it },
 *   {
 *     create: () => new MyCookieStore([key]),
 *     rotated: () => new MyCookieStore([newKey, key]),
 *     encrypted: true,
 *   },
 * );
 * ```
 */
export function cookieStoreContract(runner: TestRunner, options: CookieStoreContractOptions): void {
  const { sealed = true, bound = sealed, encrypted = false, ctx } = options;
  const specify = specifierFor(runner, options.timeoutSeconds);
  const starting =
    (make: () => Awaitable<CookieStore>): StartProcess =>
    async () =>
      new SealedCookies(await make(), scopeOf(contextWith(ctx)));
  const start = starting(() => options.create());
  runner.describe("keeps the contract of cookie stores", () => {
    specifyRoundTrips(specify, start);
    specifyAnyInput(specify, start);
    if (sealed) specifySeal(specify, start);
    if (bound) specifyBinding(specify, start);
    if (encrypted) specifySecrecy(specify, start);
    specify("A session lasts from request to request until it is destroyed.", async () => {
      await destroyAfterThreeVisits(new Client(await options.create(), ctx));
    });
    if (options.rotated) {
      const startRotated = starting(() => options.rotated!());
      specifyRotation(specify, start, startRotated, { sealed, bound, ctx });
    }
    if (options.broken) {
      specifyBrokenKeys(
        specify,
        start,
        starting(() => options.broken!()),
        ctx,
      );
    }
  });
}
