import type { HattipHandler } from "@hattip/core";
import type { RequestContext } from "@hattip/compose";

/** Lets an app answer a request that the demo has made itself, on behalf of the visitor's one. */
export async function answerTo(
  app: HattipHandler,
  request: Request,
  ctx: RequestContext,
): Promise<Response> {
  const { ip, platform } = ctx;
  return app({
    request,
    ip,
    platform,
    env: (name) => ctx.env(name),
    waitUntil: (promise) => ctx.waitUntil(promise),
    passThrough() {},
  });
}
