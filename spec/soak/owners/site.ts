import type { RequestContext } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import { session, SessionError, type ExternalStore } from "../../../lib/node.js";
import { answer, appOf, type App, type Routes } from "../../support/app.js";
import { Browser } from "../../support/browser.js";
import { IDLE_TIMEOUT_SECONDS } from "./names.js";
import type { WatchedHooks } from "./watched-hooks.js";

/** So often a request looks whether a session has got its new owner. */
const MAX_LOOKS = 200;

const CONFLICT = "ERR_SESSION_CONFLICT";

let marks = 0;

/** What one process of the app serves: log-ins, requests of sessions, and the ends of all of them. */
export function siteOf(store: ExternalStore, hooks: WatchedHooks): App {
  // No two records are equal: a lost write is found by its text.
  const mark = () => `${process.pid}-${++marks}`;
  const options = {
    store,
    defaultSessionData: {},
    idleTimeout: IDLE_TIMEOUT_SECONDS,
    renewAfter: 0,
  };
  const routes: Routes = {
    "/": seen,
    "/guest": (ctx) => void (ctx.session.data.mark = mark()),
    "/login": async (ctx) => {
      await ctx.session.regenerate();
      const owner = param(ctx, "owner");
      /** Whether the session was the owner's before, and has only moved. */
      const isCarriedOn = ctx.session.data.owner === owner;
      ctx.session.data = { owner, mark: mark() };
      if (param(ctx, "lifetime")) ctx.session.lifetime = Number(param(ctx, "lifetime"));
      return { isCarriedOn };
    },
    "/save": (ctx) => {
      if (ctx.session.data.owner) ctx.session.data.mark = mark();
      return seen(ctx);
    },
    "/update": async (ctx) => {
      await ctx.session.update((data) => {
        if (data.owner) data.updated = mark();
      });
      return seen(ctx);
    },
    "/move": async (ctx) => {
      hooks.suspendAfterMove(Number(param(ctx, "suspension")));
      await ctx.session.regenerate();
      return seen(ctx);
    },
    "/change": (ctx) => {
      if (ctx.session.data.owner) {
        Object.assign(ctx.session.data, { owner: param(ctx, "owner"), mark: mark() });
      }
      return seen(ctx);
    },
    "/logout": (ctx) => ctx.session.destroy(),

    "/sessions-of": async (ctx) =>
      (await store.sessionsOf(param(ctx, "owner"))).map(({ id }) => id),
    "/end-all": async (ctx) => {
      const owner = param(ctx, "owner");
      hooks.suspendAfterList(Number(param(ctx, "suspension")));
      return { ended: await store.endSessionsOf(owner) };
    },
    "/end-others": async (ctx) => {
      if (param(ctx, "moves")) await ctx.session.regenerate();
      const { owner } = ctx.session.data;
      if (!owner) return {}; // another request has moved the session
      return { ended: await store.endSessionsOf(owner, { except: ctx.session }), ...seen(ctx) };
    },
    // As soon as anybody can see that the session has a new owner, all sessions of that owner end.
    "/end-all-when-seen": async (ctx) => {
      const owner = param(ctx, "owner");
      const browser = new Browser(site);
      for (let looks = 0; looks < MAX_LOOKS; looks++) {
        const response = await browser.get("/", { cookie: `session=${param(ctx, "session")}` });
        if (response.ok && (await response.json()).owner === owner) {
          return { ended: await store.endSessionsOf(owner) };
        }
      }
      return {};
    },
    "/acknowledged": async (ctx) =>
      hooks.acknowledged.of(param(ctx, "owner"), param(ctx, "keys").split(",")),
  };
  const site = appOf(sayErrors, cookie(), session(options), answer(routes));
  return site;
}

function seen(ctx: RequestContext): { owner?: string; id?: string | undefined } {
  return { owner: ctx.session.data.owner, id: ctx.session.id };
}

function param(ctx: RequestContext, name: string): string {
  return ctx.url.searchParams.get(name) ?? "";
}

function sayErrors(ctx: RequestContext): void {
  ctx.handleError = (error) => {
    const code = error instanceof SessionError ? error.code : "";
    return new Response(code || String(error), { status: code === CONFLICT ? 409 : 500 });
  };
}
