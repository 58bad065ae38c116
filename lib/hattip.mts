/**
 * The only file that names `@hattip/*`. It is an ES module in both builds: CommonJS declarations
 * may refer to the types of an ES module, but only an ES module may augment them.
 */
import type { Session } from "./session.js";

export type { RequestContext } from "@hattip/compose";
// oxlint-disable-next-line unicorn/require-module-specifiers -- for its declaration of ctx.cookie
export type {} from "@hattip/cookie";

declare module "@hattip/compose" {
  interface RequestContextExtensions {
    /** The session of this request, from `session()`. */
    session: Session;
  }
}
