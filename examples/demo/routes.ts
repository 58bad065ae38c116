import { createRouter } from "@hattip/router";
import type { RequestContext, RequestHandler } from "@hattip/compose";
import { setTimeout as sleep } from "node:timers/promises";
import { backTo } from "./mischief.js";
import { homePage } from "./home-page.js";

/** This is long enough for the two concurrent requests to overlap. */
const RACE_MS = 100;
const MAX_NAME = 40;
const MAX_NOTE = 1000;

/** The handlers that use the session. They all run behind session(). */
export function routes(): RequestHandler[] {
  const router = createRouter();

  // This GET changes no data. So session() writes nothing and sets no cookie for a new visitor.
  router.get("/:store/:pace/", (ctx) => homePage(ctx.locals.site, ctx.session.data));

  router.post("/:store/:pace/login", async (ctx) => {
    const form = await formOf(ctx);
    const name = field(form, "name").slice(0, MAX_NAME);
    if (name === "") return backTo(ctx.locals.site);
    // Every change of privilege needs a new ID: an attacker may know the old one.
    await ctx.session.regenerate();
    ctx.session.data.name = name;
    // By default, the cookie outlives the browser until the idle timeout.
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
    // update() reads, changes and writes atomically, so that concurrent clicks all count.
    await ctx.session.update((data) => {
      data.count += 1;
    });
    return backTo(ctx.locals.site);
  });

  router.post("/:store/:pace/notes", async (ctx) => {
    const note = field(await formOf(ctx), "note").slice(0, MAX_NOTE);
    const { data } = ctx.session;
    // The session may have ended since the form was shown: by a logout in another tab, or by a
    // timeout.
    if (note !== "" && data.name !== undefined) data.notes.push(note);
    return backTo(ctx.locals.site);
  });

  router.post("/:store/:pace/delete-note", async (ctx) => {
    const index = Number(field(await formOf(ctx), "index"));
    ctx.session.data.notes = ctx.session.data.notes.filter((_, i) => i !== index);
    return backTo(ctx.locals.site);
  });

  // Handles one of the two concurrent requests. Each of them changes a key of its own and,
  // atomically, a shared key.
  router.post("/:store/:pace/race/:side", async (ctx) => {
    const { data } = ctx.session;
    data.races += 1;
    data[ctx.url.pathname.endsWith("left") ? "left" : "right"] += 1;
    await sleep(RACE_MS);
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
