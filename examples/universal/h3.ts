// The app in h3 2. The bridge runs around h3, in srvx, which serves it.
//
//     npm install @hattip/session @hattip/compose @hattip/cookie @hattip/router
//     npm install h3@2 @universal-middleware/srvx
//     npx tsx h3.ts
import { createMiddleware } from "@universal-middleware/srvx";
import { H3, serve, setCookie } from "h3";
import { pathToFileURL } from "node:url";
import { counter, handlers, login } from "./app.js";
import { bridge, contextOf } from "./bridge.js";

export const app = new H3();

app.get("/", (event) => {
  const ctx = contextOf(event.req);
  setCookie(event, "theme", "dark");
  const { user = "guest" } = login.of(ctx).data;
  return `Hello, ${user}: visit ${++counter.of(ctx).data.visits}`;
});

export function listen(port = 3000): void {
  const middleware = [createMiddleware(() => bridge(...handlers))()];
  serve(app, { port, hostname: "localhost", middleware });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) listen();
