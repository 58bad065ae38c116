// An API for clients that keep no cookies: the session's ID travels as a bearer token.
//
//     npm run example bearer-tokens
//     curl -i -X POST localhost:3000/login
//     curl -H "Authorization: Bearer <the token>" localhost:3000/account
import { json } from "@hattip/response";
import { createRouter } from "@hattip/router";
import { session, UnsafeMemoryStore } from "@hattip/session";

declare module "@hattip/session" {
  interface SessionData {
    user?: string;
  }
}

// The responses need no Vary header: shared caches do not store responses to requests with
// Authorization (RFC 9111, 3.5).
const app = createRouter();
app.use(
  session({
    store: new UnsafeMemoryStore(),
    idleTimeout: 3600,
    getSessionId: ({ request }) =>
      /^Bearer ([\w-]+)$/i.exec(request.headers.get("authorization") ?? "")?.[1],
    setSessionId(_ctx, { headers }, id, maxAge) {
      headers.set("session-token", id ?? "");
      headers.set("session-expires-in", String(maxAge));
    },
  }),
);

app.post("/login", async (ctx) => {
  await ctx.session.regenerate();
  ctx.session.data.user = "ada";
  return json("Your token is in the header Session-Token.");
});
app.get("/account", (ctx) => {
  const { user } = ctx.session.data;
  return user ? json({ user }) : json("Log in first.", { status: 401 });
});
app.post("/logout", async (ctx) => {
  await ctx.session.destroy();
  return json("Your token is no longer valid.");
});

export default app.buildHandler();
