import { Hono } from "hono";
import { CookieStore, MemoryStore, sessionMiddleware } from "hono-sessions";
import { setCookiesOf, webExchange } from "../drivers/fetch.mjs";
import { accessorActions } from "../workload.mjs";

export const title = "hono-sessions";
export const packages = ["hono-sessions", "hono"];
export const kinds = ["encrypted", "memory"];
export const lacks = { encrypted: "rnas", memory: "hcaso" };

export function open(kind) {
  const app = new Hono();
  const middleware = sessionMiddleware({
    store: kind === "memory" ? new MemoryStore() : new CookieStore(),
    ...(kind === "encrypted" && { encryptionKey: "a secret of 32 characters or more" }),
    expireAfterSeconds: 86_400,
    cookieOptions: { path: "/", httpOnly: true, sameSite: "Lax", secure: true },
  });
  app.get("/account", middleware, async (c) => {
    await c.env.action(c.get("session"));
    return c.body("ok");
  });
  return {
    actions: accessorActions,
    exchange: webExchange,
    setCookiesOf: lastOfEachName,
    handle: ({ request }, action) => app.fetch(request, { action }),
  };
}

/** A new session sets its cookie twice: the first one is empty, and the second one has the data. */
function lastOfEachName(response) {
  const byName = new Map();
  for (const header of setCookiesOf(response)) byName.set(header.split("=", 1)[0], header);
  return [...byName.values()];
}
