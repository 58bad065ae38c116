import { createRouter } from "@hattip/router";
import type { RequestContext, RequestHandler } from "@hattip/compose";
import { setTimeout as sleep } from "node:timers/promises";
import { backTo } from "./mischief.js";
import { homePage } from "./home-page.js";

/** Milliseconds: long enough for the two requests of a race to overlap. */
const RACE_TIME = 100;
const MAX_NAME = 40;
const MAX_NOTE = 1000;

/** What an app does with its sessions. Everything here is behind session(). */
export function routes(): RequestHandler[] {
  const router = createRouter();

  // A GET changes nothing, so nothing is written, and a visitor who only looks gets no cookie.
  router.get("/:store/:pace/", (ctx) => homePage(ctx.locals.site, ctx.session.data));

  router.post("/:store/:pace/login", async (ctx) => {
    const form = await formOf(ctx);
    const name = field(form, "name").slice(0, MAX_NAME);
    if (name === "") return backTo(ctx.locals.site);
    // A new ID with every change of privilege: whoever knew the old one stays outside.
    await ctx.session.regenerate();
    ctx.session.data.name = name;
    // By default a cookie outlives the browser by the idle timeout.
    ctx.session.lifetime = form.has("remember") ? undefined : "browser";
    return backTo(ctx.locals.site);
  });

  router.post("/:store/:pace/logout", async (ctx) => {
    await ctx.session.destroy();
    return backTo(ctx.locals.site);
  });

  router.post("/:store/:pace/regenerate", async (ctx) => {
    await ctx.session.regenerate();
    return backTo(ctx.locals.site);
  });

  router.post("/:store/:pace/count", async (ctx) => {
    // update() reads, changes and writes as one step: no click is lost however fast they come.
    await ctx.session.update((data) => {
      data.count += 1;
    });
    return backTo(ctx.locals.site);
  });

  router.post("/:store/:pace/notes", async (ctx) => {
    const note = field(await formOf(ctx), "note").slice(0, MAX_NOTE);
    const { data } = ctx.session;
    // The session may have ended since the form was shown: in another tab, or with time.
    if (note !== "" && data.name !== undefined) data.notes.push(note);
    return backTo(ctx.locals.site);
  });

  router.post("/:store/:pace/delete-note", async (ctx) => {
    const index = Number(field(await formOf(ctx), "index"));
    ctx.session.data.notes = ctx.session.data.notes.filter((_, i) => i !== index);
    return backTo(ctx.locals.site);
  });

  // One of the two requests of a race: each changes a key of its own and, in one
  // step, a key that they share.
  router.post("/:store/:pace/race/:side", async (ctx) => {
    const { data } = ctx.session;
    data.races += 1;
    data[ctx.url.pathname.endsWith("left") ? "left" : "right"] += 1;
    await sleep(RACE_TIME);
    await ctx.session.update((newest) => {
      newest.counted += 1;
    });
    return backTo(ctx.locals.site);
  });

  return router.handlers;
}

async function formOf({ request }: RequestContext): Promise<URLSearchParams> {
  return new URLSearchParams(await request.text());
}

function field(form: URLSearchParams, name: string): string {
  return form.get(name)?.trim() ?? "";
}
