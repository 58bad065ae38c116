import { createRouter } from "@hattip/router";
import type { RequestHandler } from "@hattip/compose";
import { setTimeout as sleep } from "node:timers/promises";
import { deviceName } from "../device-name.js";
import { keepCopy } from "./copied-cookie.js";
import { devicesPage } from "./devices-page.js";
import { field } from "./form.js";
import { backTo } from "./mischief.js";
import { homePage } from "./home-page.js";
import { AS_THIEF } from "./journal.js";
import type { Greeting } from "./thief.js";

/** This is long enough for the two concurrent requests to overlap. */
const RACE_MS = 100;
const MAX_NAME = 40;
const MAX_NOTE = 1000;

/** The handlers that use the session. They all run behind session(). */
export function routes(): RequestHandler[] {
  const router = createRouter();

  // This GET changes no data. So session() writes nothing and sets no cookie for a new visitor.
  router.get("/:store/:pace/", (ctx) => homePage(ctx));

  router.get(`/:store/:pace${AS_THIEF}`, ({ session }) => {
    const { data, isFresh, isDeviceBound } = session;
    const greeting: Greeting = { name: data.name, count: data.count, isFresh, isDeviceBound };
    return Response.json(greeting);
  });

  router.post("/:store/:pace/login", async (ctx) => {
    const name = field(ctx, "name").slice(0, MAX_NAME);
    if (name === "") return backTo(ctx.locals.site, "#account");
    // Every change of privilege needs a new ID: an attacker may know the old one.
    await ctx.session.regenerate();
    ctx.session.data.name = name;
    ctx.session.data.device = deviceName(ctx.request.headers.get("user-agent"));
    // By default, the cookie outlives the browser until the idle timeout.
    ctx.session.lifetime = ctx.locals.form.has("remember") ? undefined : "browser";
    return backTo(ctx.locals.site, "#account");
  });

  router.post("/:store/:pace/logout", async (ctx) => {
    const response = backTo(ctx.locals.site, "#account");
    if (ctx.session.data.name !== undefined) keepCopy(ctx, response);
    await ctx.session.destroy();
    return response;
  });

  router.post("/:store/:pace/regenerate", async (ctx) => {
    await ctx.session.regenerate();
    return backTo(ctx.locals.site, "#account");
  });

  router.get("/:store/:pace/devices", (ctx) => devicesPage(ctx.locals.site, ctx.session));

  router.post("/:store/:pace/devices/end", async (ctx) => {
    const { site } = ctx.locals;
    const { name } = ctx.session.data;
    // The form can hold any ID. With the owner, no session of another user can be ended.
    if (name !== undefined) await site.external?.endSession(field(ctx, "id"), { owner: name });
    return backTo(site, "devices#devices");
  });

  router.post("/:store/:pace/devices/end-others", async (ctx) => {
    const { site } = ctx.locals;
    const { name } = ctx.session.data;
    if (name === undefined) return backTo(site, "devices#devices");
    // With a new ID, a copy of this session's cookie is worth nothing either.
    await ctx.session.regenerate();
    await site.external?.endSessionsOf(name, { except: ctx.session });
    return backTo(site, "devices#devices");
  });

  router.post("/:store/:pace/count", async (ctx) => {
    // update() reads, changes and writes atomically, so that concurrent clicks all count.
    await ctx.session.update((data) => {
      data.count += 1;
    });
    return backTo(ctx.locals.site, "#counter");
  });

  router.post("/:store/:pace/notes", (ctx) => {
    const note = field(ctx, "note").slice(0, MAX_NOTE);
    const { data } = ctx.session;
    // The session may have ended since the form was shown: by a logout in another tab, or by a
    // timeout.
    if (note !== "" && data.name !== undefined) data.notes.push(note);
    return backTo(ctx.locals.site, data.name === undefined ? "#account" : "#notes");
  });

  router.post("/:store/:pace/delete-note", (ctx) => {
    const index = Number(field(ctx, "index"));
    ctx.session.data.notes = ctx.session.data.notes.filter((_, i) => i !== index);
    return backTo(ctx.locals.site, "#notes");
  });

  // Sets the values of the race to zero. This change also begins a session for a new visitor.
  router.post("/:store/:pace/race/start", (ctx) => {
    const { data } = ctx.session;
    data.left = 0;
    data.right = 0;
    data.shared = 0;
    return backTo(ctx.locals.site, "#race");
  });

  // Handles one of the two concurrent requests. Each of them changes a key of its own and,
  // atomically, a shared key.
  router.post("/:store/:pace/race/:side", async (ctx) => {
    const { data } = ctx.session;
    const side = ctx.url.pathname.endsWith("left") ? "left" : "right";
    data[side] = (data[side] ?? 0) + 1;
    await sleep(RACE_MS);
    await ctx.session.update((newest) => {
      newest.shared = (newest.shared ?? 0) + 1;
    });
    return backTo(ctx.locals.site, "#race");
  });

  return router.handlers;
}
