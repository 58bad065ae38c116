// A Hattip app with sessions inside an Express app.
//
//     export SESSION_KEY=$(node -p "crypto.randomBytes(32).toString('base64url')")
//     npm ci && npm run build
//     node --import ts-blank-space/register examples/express.ts
import { createMiddleware } from "@hattip/adapter-node";
import { pathToFileURL } from "node:url";
import express, { type Express } from "express";
import counter from "./counter.js";

export function createApp(): Express {
  const app = express();
  // Behind a proxy that terminates TLS, app.set("trust proxy", 1) tells Express, and through it
  // Hattip, that the browser uses https.
  app.get("/health", (_request, response) => {
    response.send("Express is well");
  });
  // By default, Hattip calls next() even after it has responded. Express would then respond again.
  const hattip = createMiddleware(counter, { alwaysCallNext: false });
  app.use(hattip as express.RequestHandler);
  app.use((_request, response) => {
    response.status(404).send("Neither Hattip nor Express knows this page");
  });
  return app;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  createApp().listen(3000, "localhost", () => console.log("http://localhost:3000"));
}
