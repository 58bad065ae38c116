// The app in Elysia. The bridge runs around Elysia, in srvx, which serves it.
//
//     npm install @hattip/session @hattip/compose @hattip/cookie @hattip/router
//     npm install elysia srvx @universal-middleware/srvx @universal-middleware/core
//     npx tsx elysia.ts
import { createMiddleware } from "@universal-middleware/srvx";
import { Elysia } from "elysia";
import { serve } from "srvx";
import { pathToFileURL } from "node:url";
import { counter, handlers, login } from "./app.js";
import { bridge, contextOf } from "./bridge.js";

export const app = new Elysia();

app.get("/", ({ request, cookie }) => {
  const ctx = contextOf(request);
  cookie.theme!.value = "dark";
  const { user = "guest" } = login.of(ctx).data;
  return `Hello, ${user}: visit ${++counter.of(ctx).data.visits}`;
});

export function listen(port = 3000): void {
  const middleware = [createMiddleware(() => bridge(...handlers))()];
  serve({ fetch: (request) => app.fetch(request), port, hostname: "localhost", middleware });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) listen();
