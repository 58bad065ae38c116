// A Hono app inside a Hattip app, without the bridge. So runs whatever has a fetch function.
//
//     npm install @hattip/session @hattip/compose @hattip/cookie @hattip/router @hattip/adapter-node hono
//     npx tsx inside-hattip.ts
import { createServer } from "@hattip/adapter-node";
import { compose, type RequestContext } from "@hattip/compose";
import { Hono } from "hono";
import { setCookie } from "hono/cookie";
import { pathToFileURL } from "node:url";
import { counter, handlers, login } from "./app.js";

export const app = new Hono<{ Bindings: { ctx: RequestContext } }>();

app.get("/", (c) => {
  const { ctx } = c.env;
  setCookie(c, "theme", "dark");
  const { user = "guest" } = login.of(ctx).data;
  return c.text(`Hello, ${user}: visit ${++counter.of(ctx).data.visits}`);
});

export function listen(port = 3000): void {
  const handler = compose(...handlers, (ctx) => app.fetch(ctx.request, { ctx }));
  createServer(handler).listen(port, "localhost");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) listen();
