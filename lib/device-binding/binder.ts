import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import type { ResolvedOptions } from "../middleware/options.js";
import type { SessionRecord } from "../records/record.js";
import type { SessionScope } from "../records/store.js";

/** The parts of a `session()` that its binder needs. */
export type Served = Pick<ResolvedOptions, "store" | "cookie" | "emit">;

/** What `session()` asks of its option `deviceBinding`. Bundles without it hold this type only. */
export interface DeviceBinder {
  /** Whether the browser itself has sent the request, to register its key or to renew its proof. */
  isForBrowser(request: Request): boolean;
  /** The answer to such a request, which never reaches the handlers. */
  answer(scope: SessionScope): Promise<Response>;
  /** Whether the session may be used: its binding asks for no proof, or the request has one. */
  isProven(record: SessionRecord, ctx: RequestContext<any>): Promise<boolean>;
  /** Whether the browser may have the session's key, although the request has no proof. */
  mayHaveKey(request: Request): boolean;
  isBound(binding: string | undefined): boolean;
  /** The binding after `regenerate()`: a bound session stays bound to its device. */
  carry(binding: string | undefined): string;
  /** The header that asks the browser for a key; `null` where it would not listen. */
  offer(binding: string, value: string, ctx: RequestContext<any>): Promise<string | null>;
  /** A page that loads itself again, where the browser then renews its proof. */
  loadAgain(request: Request): Response | null;
}
