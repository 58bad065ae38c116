// Logging in and out: a new ID at every change of privilege, and nothing left behind.
//
//     npm run example login
import { cookie } from "@hattip/cookie";
import { html } from "@hattip/response";
import { createRouter } from "@hattip/router";
import { session, UnsafeMemoryStore } from "@hattip/session";
import { scryptSync, timingSafeEqual } from "node:crypto";

declare module "@hattip/session" {
  interface SessionData {
    user?: string;
    /** Shown once. */
    notice?: string;
  }
}

const salt = "a salt of each user's own";
const users = new Map([["ada", scryptSync("engine", salt, 32)]]);

const app = createRouter();
app.use(cookie());
// A real app takes RedisSessionStore or another store that outlives the process.
app.use(session({ store: new UnsafeMemoryStore(), defaultSessionData: {} }));

app.get("/", (ctx) => {
  const { user, notice } = ctx.session.data;
  delete ctx.session.data.notice;
  const form = user
    ? `<p>Hello, ${user}.</p><form method="post" action="/logout"><button>Log out</button></form>`
    : `<form method="post" action="/login">
         <input name="user" autocomplete="username">
         <input name="password" type="password" autocomplete="current-password">
         <button>Log in</button>
       </form>`;
  return html(`<p>${notice ?? ""}</p>${form}`);
});

app.post("/login", async (ctx) => {
  const form = new URLSearchParams(await ctx.request.text());
  const user = form.get("user") ?? "";
  const password = users.get(user);
  if (!password || !timingSafeEqual(password, scryptSync(form.get("password") ?? "", salt, 32))) {
    return html("Wrong name or password", { status: 401 });
  }
  // Somebody may have planted the ID that came with this request: what is logged in has another one.
  await ctx.session.regenerate();
  ctx.session.data.user = user;
  return seeOther("/");
});

app.post("/logout", async (ctx) => {
  await ctx.session.destroy();
  // This is in a new session already.
  ctx.session.data.notice = "You have been logged out.";
  return seeOther("/");
});

function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } });
}

export default app.buildHandler();
