/**
 * The only file that names `@hattip/*`: an ES module in both builds, since CommonJS declarations
 * can refer to types of ES modules, but augment them only from one.
 */
import type { Session } from "./record.js";

export type { RequestContext, RequestHandler } from "@hattip/compose";
// oxlint-disable-next-line unicorn/require-module-specifiers -- for its declaration of ctx.cookie
export type {} from "@hattip/cookie";

declare module "@hattip/compose" {
  interface RequestContextExtensions {
    /** The session of this request, from `session()`. */
    session: Session;
  }
}
