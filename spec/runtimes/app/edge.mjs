import vercelEdgeAdapter from "@hattip/adapter-vercel-edge";
import { compose } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import * as library from "@hattip/session";
import { createApp } from "./app.mjs";

const adapted = createApp({ compose, cookie, library }).then((app) => vercelEdgeAdapter(app));

addEventListener("fetch", (event) =>
  event.respondWith(adapted.then((handle) => handle(event.request, event))),
);
