import { compose, type RequestContext, type RequestHandlerStack } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import type { HattipHandler } from "@hattip/core";
import { session, type SessionOptions } from "../../lib/index.js";

declare module "../../lib/index.js" {
  // Specs may store any data.
  interface SessionData {
    [key: string]: any;
  }
}

/** The handler of each path. A result that is no Response is sent as JSON. */
export type Routes = Record<string, (ctx: RequestContext) => unknown>;

export interface App extends HattipHandler {
  /** The errors that reached the app's error handler, in order. Each response was a 500. */
  readonly errors: unknown[];
}

/** An app with the documented order of middleware: `cookie()`, `session(options)`, the routes. */
export function app(options: SessionOptions, routes: Routes): App {
  return appOf(cookie(), session(options), answer(routes));
}

/** An app with any other middleware. */
export function appOf(...handlers: RequestHandlerStack[]): App {
  const errors: unknown[] = [];
  const handler = compose(
    (ctx) => {
      // Like Hattip's own handleError, but it keeps the error for the spec and prints nothing.
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
    if (!route) return undefined; // Hattip calls the next handler
    const result = await route(ctx);
    return result instanceof Response ? result : Response.json(result ?? null);
  };
}
