// The part of the app that every framework runs: a login, a counter, and two of the pages.
//
//     export SESSION_KEY=$(node -p "crypto.randomBytes(32).toString('base64url')")
import type { RequestHandler } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import { createRouter } from "@hattip/router";
import { EncryptedCookieStore, session, UnsafeMemoryStore } from "@hattip/session";

interface Login {
  user?: string;
}

interface Counter {
  visits: number;
}

// A real app uses RedisSessionStore, or another store that outlives the process.
export const login = session<Login>({ store: new UnsafeMemoryStore() });
export const counter = session<Counter>({
  cookieName: "counter",
  store: new EncryptedCookieStore([process.env.SESSION_KEY!]),
  defaultSessionData: { visits: 0 },
});

const pages = createRouter();
pages.post("/login", async (ctx) => {
  await login.of(ctx).regenerate();
  login.of(ctx).data.user = "Ada";
  return new Response("Logged in");
});
pages.post("/logout", async (ctx) => {
  await login.of(ctx).destroy();
  return new Response("Logged out");
});
pages.get("/ip", (ctx) => new Response(ctx.ip));

export const handlers: RequestHandler[] = [cookie(), login, counter, ...pages.handlers];
