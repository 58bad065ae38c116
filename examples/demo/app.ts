import { compose, type RequestContext, type RequestHandler } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import type { HattipHandler } from "@hattip/core";
import { putCopyBack, sendThiefAway, steal } from "./copied-cookie.js";
import { errorPage } from "./error-page.js";
import { files } from "./files.js";
import { readForm } from "./form.js";
import { layout } from "./layout.js";
import { backTo, race, tamper } from "./mischief.js";
import { routes } from "./routes.js";
import { refuseOtherSites, secureHeaders } from "./security.js";
import type { Site } from "./site.js";
import { ownRedis } from "./stores.js";
import { lookAsThief } from "./thief.js";

declare module "@hattip/compose" {
  interface Locals {
    site: Site;
  }
}

/** @param sites - `/` redirects to the first one. */
export function createApp(sites: readonly Site[]): HattipHandler {
  const toSite = [cookie(), findSite(sites), readForm];
  const withSession = [useSession, ...routes()];
  const inner = compose(...toSite, passErrorsOn, ...withSession);
  return compose(
    secureHeaders,
    files(),
    refuseOtherSites,
    ...toSite,
    answerErrors,
    layout,
    findRedis,
    mischief((ctx, site) => race(inner, ctx, site)),
    (ctx) => lookAsThief(inner, ctx),
    ...withSession,
  );
}

function findSite(sites: readonly Site[]): RequestHandler {
  return (ctx) => {
    const { pathname } = ctx.url;
    if (pathname === "/") return backTo(sites[0]!, "");
    const site = sites.find(({ path }) => pathname.startsWith(`${path}/`));
    if (!site) return new Response("Not found", { status: 404 });
    ctx.locals.site = site;
    return undefined;
  };
}

function useSession(ctx: RequestContext): ReturnType<RequestHandler> {
  return ctx.locals.site.session(ctx);
}

function answerErrors(ctx: RequestContext): void {
  ctx.handleError = (error) => errorPage(error, ctx);
}

/** An error of a request that the demo has made itself becomes the error of the visitor's request. */
function passErrorsOn(ctx: RequestContext): void {
  ctx.handleError = (error) => {
    throw error;
  };
}

/** A fresh session needs no store, so its page would hide that there is no Redis. */
async function findRedis({ method, locals: { site } }: RequestContext): Promise<void> {
  if (site.store !== "redis") return;
  await ownRedis?.start();
  if (method === "GET") await site.external?.ping();
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
        return backTo(site, "#rotate");
      case "/use-copy":
        return putCopyBack(ctx);
      case "/steal":
        return steal(ctx);
      case "/look":
        return backTo(site, "#thief");
      case "/send-away":
        return sendThiefAway(ctx);
      default:
        return undefined;
    }
  };
}
