// The app in Hono.
//
//     npm install @hattip/session @hattip/compose @hattip/cookie @hattip/router
//     npm install hono @hono/node-server @universal-middleware/hono @universal-middleware/core
//     npx tsx hono.ts
import { serve } from "@hono/node-server";
import { createMiddleware } from "@universal-middleware/hono";
import { Hono } from "hono";
import { setCookie } from "hono/cookie";
import { pathToFileURL } from "node:url";
import { counter, handlers, login } from "./app.js";
import { bridge, contextOf } from "./bridge.js";

export const app = new Hono();
app.use(createMiddleware(() => bridge(...handlers))());

app.get("/", (c) => {
  const ctx = contextOf(c);
  setCookie(c, "theme", "dark");
  const { user = "guest" } = login.of(ctx).data;
  return c.text(`Hello, ${user}: visit ${++counter.of(ctx).data.visits}`);
});

export function listen(port = 3000): void {
  serve({ fetch: app.fetch, port, hostname: "localhost" });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) listen();
