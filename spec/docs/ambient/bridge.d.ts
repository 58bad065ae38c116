// Declares examples/universal/bridge.ts for pages that tell the reader to copy it. A page that has its
// code is compiled with that code.
declare module "*/bridge.js" {
  import type { RequestContext, RequestHandler } from "@hattip/compose";
  import type { UniversalMiddleware } from "@universal-middleware/core";
  export function bridge(...handlers: RequestHandler[]): UniversalMiddleware;
  export function contextOf(source: object): RequestContext;
}
