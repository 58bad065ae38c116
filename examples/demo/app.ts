import { compose, type RequestContext, type RequestHandler } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import type { HattipHandler } from "@hattip/core";
import { errorPage } from "./error-page.js";
import { files } from "./files.js";
import { layout } from "./layout.js";
import { backTo, race, tamper } from "./mischief.js";
import { routes } from "./routes.js";
import { refuseOtherSites, secureHeaders } from "./security.js";
import type { Site } from "./site.js";

declare module "@hattip/compose" {
  interface Locals {
    site: Site;
  }
}

/** @param sites - `/` redirects to the first one. */
export function createApp(sites: readonly Site[]): HattipHandler {
  const app: HattipHandler = compose(
    secureHeaders,
    files(),
    refuseOtherSites,
    cookie(),
    findSite(sites),
    answerErrors,
    layout,
    mischief((ctx, site) => race(app, ctx, site)),
    (ctx) => ctx.locals.site.session(ctx),
    ...routes(),
  );
  return app;
}

function findSite(sites: readonly Site[]): RequestHandler {
  return (ctx) => {
    const { pathname } = ctx.url;
    if (pathname === "/") return backTo(sites[0]!);
    const site = sites.find(({ path }) => pathname.startsWith(`${path}/`));
    if (!site) return new Response("Not found", { status: 404 });
    ctx.locals.site = site;
    return undefined;
  };
}

function answerErrors(ctx: RequestContext): void {
  ctx.handleError = errorPage;
}

/** Handles the actions that must run before the session middleware. */
function mischief(raceOn: (ctx: RequestContext, site: Site) => Promise<Response>): RequestHandler {
  return async (ctx) => {
    const { site } = ctx.locals;
    if (ctx.method !== "POST") return undefined;
    switch (ctx.url.pathname.slice(site.path.length)) {
      case "/tamper":
        return tamper(ctx, site);
      case "/race":
        return raceOn(ctx, site);
      case "/rotate":
        await site.rotateKey();
        return backTo(site);
      default:
        return undefined;
    }
  };
}
