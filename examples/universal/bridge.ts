// Runs Hattip middlewares around the rest of a universal-middleware chain.
import { compose, type RequestContext, type RequestHandler } from "@hattip/compose";
import type { RuntimeAdapter, UniversalMiddleware } from "@universal-middleware/core";

const contexts = new WeakMap<object, RequestContext>();

/** Behind `handlers`, the framework's own handlers answer. Their response goes back through `handlers`. */
export function bridge(...handlers: RequestHandler[]): UniversalMiddleware {
  return (request, _context, runtime) =>
    new Promise((resolve, reject) => {
      const { source, ip, beforeResponse } = adapt(runtime);
      const app = compose(...handlers, (ctx) => {
        contexts.set(source, ctx);
        return new Promise<Response>((respond) => {
          // The adapter calls this function when the framework has answered, and sends its result.
          resolve((response: Response) => {
            beforeResponse?.();
            respond(response);
            return outcome;
          });
        });
      });
      const env = (name: string) => process.env[name];
      const platform = { request, ip, env, platform: runtime, passThrough() {}, waitUntil() {} };
      const outcome = Promise.resolve(app(platform));
      // If one of `handlers` answers, the framework's own handlers do not run.
      outcome.then(resolve, reject);
    });
}

/**
 * Hattip's `ctx` in a handler of the framework.
 *
 * @param source - What the framework hands to its handlers: Hono's context, the request of Express
 *   or Fastify, or the web request that srvx serves.
 */
export function contextOf(source: object): RequestContext {
  const ctx = contexts.get(source);
  if (!ctx) throw new Error("No bridge() has run for this request");
  return ctx;
}

/**
 * A framework calls its handlers with `source`. The context of universal-middleware cannot carry
 * `ctx`: Fastify's adapter shares one context among all requests to a route, and Hono's adapter
 * among all requests of a platform that hands over one `env`, as Workers do.
 */
function adapt(runtime: RuntimeAdapter): Adapted {
  switch (runtime.adapter) {
    case "hono":
      return {
        source: runtime.hono,
        ip: runtime.req?.socket.remoteAddress ?? "",
        // Without this, Hono copies the headers of its own response over those of the session.
        beforeResponse: () => (runtime.hono.res = undefined),
      };
    case "express":
      return { source: runtime.express.req, ip: runtime.express.req.ip ?? "" };
    case "fastify":
      return {
        source: runtime.fastify.request,
        ip: runtime.fastify.request.ip,
        // The response has these cookies, too. Fastify would send them twice.
        beforeResponse: () => runtime.fastify.reply.removeHeader("set-cookie"),
      };
    case "srvx":
      return { source: runtime.srvx, ip: runtime.srvx.ip ?? "" };
    default:
      throw new TypeError(`bridge() does not know the adapter "${runtime.adapter}"`);
  }
}

interface Adapted {
  readonly source: object;
  readonly ip: string;
  readonly beforeResponse?: () => void;
}
