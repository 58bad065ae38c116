// A Cloudflare Worker that keeps logins in KV, and preferences in an encrypted cookie. The key of
// the cookie is a secret of the Worker.
//
//     wrangler secret put SESSION_KEY     (base64 of 32 random bytes)
//
// wrangler.toml declares the KV namespace:
//
//     kv_namespaces = [{ binding = "SESSIONS", id = "…" }]
import cloudflareWorkersAdapter from "@hattip/adapter-cloudflare-workers/no-static";
import { cookie } from "@hattip/cookie";
import { json } from "@hattip/response";
import { createRouter } from "@hattip/router";
import { EncryptedCookieStore, KvSessionStore, session } from "@hattip/session";

declare module "@hattip/session" {
  interface SessionData {
    user?: string;
    theme?: "light" | "dark";
  }
}

const app = createRouter();
app.use(cookie());

// On Workers, bindings and secrets belong to a request, so these options are functions of ctx.
const preferences = session({
  cookieName: "preferences",
  store: new EncryptedCookieStore((ctx) => [ctx.env("SESSION_KEY")!]),
  defaultSessionData: { theme: "light" },
});
app.use("/preferences", preferences);
app.get("/preferences", (ctx) => json(ctx.session.data));
app.post("/preferences", (ctx) => {
  ctx.session.data.theme = "dark";
  return json(ctx.session.data);
});

const login = session({
  store: new KvSessionStore({ getStore: (ctx) => ctx.platform.env.SESSIONS }),
});
app.use("/account", login);
app.get("/account", (ctx) => json({ user: ctx.session.data.user ?? null }));
app.post("/account", async (ctx) => {
  await ctx.session.regenerate();
  ctx.session.data.user = "ada";
  return json({ user: "ada" });
});
app.delete("/account", async (ctx) => {
  await ctx.session.destroy();
  return json({ user: null });
});

export default { fetch: cloudflareWorkersAdapter(app.buildHandler()) };
