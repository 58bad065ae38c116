// The app in Express.
//
//     npm install @hattip/session @hattip/compose @hattip/cookie @hattip/router
//     npm install express @universal-middleware/express @universal-middleware/core
//     npx tsx express.ts
import { createMiddleware } from "@universal-middleware/express";
import express, { type RequestHandler } from "express";
import { pathToFileURL } from "node:url";
import { counter, handlers, login } from "./app.js";
import { bridge, contextOf } from "./bridge.js";

export const app = express();
app.use(createMiddleware(() => bridge(...handlers))() as RequestHandler);

app.get("/", (request, response) => {
  const ctx = contextOf(request);
  response.cookie("theme", "dark");
  const { user = "guest" } = login.of(ctx).data;
  response.type("text").send(`Hello, ${user}: visit ${++counter.of(ctx).data.visits}`);
});

export function listen(port = 3000): void {
  app.listen(port, "localhost");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) listen();
