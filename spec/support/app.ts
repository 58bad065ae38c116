import { compose, type RequestContext, type RequestHandlerStack } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import type { HattipHandler } from "@hattip/core";
import { session, type SessionOptions } from "../../lib/index.js";

declare module "../../lib/index.js" {
  // Specs store what they like.
  interface SessionData {
    [key: string]: any;
  }
}

/** What answers a path; anything but a Response is sent as JSON. */
export type Routes = Record<string, (ctx: RequestContext) => unknown>;

export interface App extends HattipHandler {
  /** What reached the app's error handler, in order. The response was a 500. */
  readonly errors: unknown[];
}

/** The documented wiring: `cookie()`, `session(options)`, then the routes. */
export function app(options: SessionOptions, routes: Routes): App {
  return appOf(cookie(), session(options), answer(routes));
}

/** Any other wiring. */
export function appOf(...handlers: RequestHandlerStack[]): App {
  const errors: unknown[] = [];
  const handler = compose(
    (ctx) => {
      // As Hattip's own, but remembered for the spec in place of printed.
      ctx.handleError = (error) => {
        errors.push(error);
        return new Response("Internal Server Error", { status: 500 });
      };
    },
    ...handlers,
  );
  return Object.assign(handler, { errors });
}

export function answer(routes: Routes): (ctx: RequestContext) => Promise<Response | undefined> {
  return async (ctx) => {
    const route = routes[ctx.url.pathname];
    if (!route) return undefined; // on to the next handler
    const result = await route(ctx);
    return result instanceof Response ? result : Response.json(result ?? null);
  };
}
