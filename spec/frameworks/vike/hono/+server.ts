import type { UniversalMiddleware } from "@universal-middleware/core";
import vike from "@vikejs/hono";
import { Hono } from "hono";
import type { Server } from "vike/types";
import { counter, handlers, login } from "./app.js";
import { bridge, contextOf } from "./bridge.js";

const sessions: UniversalMiddleware = (_request, context, runtime) => {
  if (runtime.adapter !== "hono") throw new TypeError("This server runs Hono");
  const ctx = contextOf(runtime.hono);
  // Pages find these in pageContext. In development they cannot call login.of(): Vike runs pages
  // with another instance of app.ts than this file.
  return { ...context, login: login.of(ctx), counter: counter.of(ctx) };
};

const app = new Hono();
vike(app, [bridge(...handlers), sessions]);

export default { fetch: app.fetch } satisfies Server;
