// Login and logout. The session ID changes at the login, and the logout ends the session. The example
// devices goes on from here: a list of the user's sessions, and a change of the password.
//
//     npm run example login
import { cookie } from "@hattip/cookie";
import { html } from "@hattip/response";
import { createRouter } from "@hattip/router";
import { session, UnsafeMemoryStore } from "@hattip/session";
import { hashPassword, matches, nobody } from "./passwords.js";

declare module "@hattip/session" {
  interface SessionData {
    /**
     * Concurrent requests are merged by top-level key. If an app keeps more facts about the login,
     * such as the rights of the user, it keeps them and the name under this one key.
     */
    user?: string;
    /** A message that the page shows once. */
    notice?: string;
  }
}

const users = new Map([["ada", await hashPassword("engine")]]);

const app = createRouter();
app.use(cookie());
// A real app uses RedisSessionStore, or another store that outlives the process.
app.use(session({ store: new UnsafeMemoryStore() }));

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
  const isRight = await matches(form.get("password"), users.get(user) ?? nobody);
  if (!isRight || !users.has(user)) return html("Wrong name or password", { status: 401 });
  // An attacker may have planted the session ID of this request, so the logged-in session gets a
  // new one (session fixation). From here on, no other request can write to the session: change the
  // data now, and not before.
  await ctx.session.regenerate();
  ctx.session.data.user = user;
  return seeOther("/");
});

app.post("/logout", async (ctx) => {
  try {
    await ctx.session.destroy();
  } catch (error) {
    // The store is down. The visitor must know that the session may still exist.
    console.error(error);
    return html("The logout failed. Please try again.", { status: 503 });
  }
  // The session has ended, so this starts a new one.
  ctx.session.data.notice = "You have been logged out.";
  return seeOther("/");
});

function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } });
}

export default app.buildHandler();
