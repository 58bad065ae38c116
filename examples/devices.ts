// "Where you're signed in": the sessions of a user, with a button for each and one for all others. A
// change of the password ends all others, too. Log in as ada, with the password engine, in two browsers.
//
//     npm run example devices
import { cookie } from "@hattip/cookie";
import { html } from "@hattip/response";
import { createRouter } from "@hattip/router";
import { session, UnsafeMemoryStore, type OwnedSession } from "@hattip/session";
import { deviceName } from "./device-name.js";
import { hashPassword, matches, nobody } from "./passwords.js";

declare module "@hattip/session" {
  interface SessionData {
    user?: string;
    /** For the list: what the user logged in with. */
    device?: string;
  }
}

const DAY = 86_400;
const IDLE_TIMEOUT = 14 * DAY;
const users = new Map([["ada", await hashPassword("engine")]]);

// A real app uses RedisSessionStore, or another store that outlives the process.
const store = new UnsafeMemoryStore({ owner: (data) => data.user });

const app = createRouter();
app.use(cookie());
app.use(
  session({
    store,
    idleTimeout: IDLE_TIMEOUT,
    absoluteTimeout: 365 * DAY,
    // A session in use is renewed every five minutes, and the list says when.
    renewAfter: 300,
  }),
);

app.get("/", async (ctx) => {
  const { user } = ctx.session.data;
  if (user === undefined) return html(LOGIN_FORM);
  const sessions = await store.sessionsOf(user);
  const items = sessions.map((one) => listItem(one, one.id === ctx.session.id));
  return html(`<h1>Where you're signed in</h1><ul>${items.join("")}</ul>${FORMS}`);
});

app.post("/login", async (ctx) => {
  const form = new URLSearchParams(await ctx.request.text());
  const user = form.get("user") ?? "";
  const isRight = await matches(form.get("password"), users.get(user) ?? nobody);
  if (!isRight || !users.has(user)) return html("Wrong name or password", { status: 401 });
  await ctx.session.regenerate();
  ctx.session.data.user = user;
  ctx.session.data.device = deviceName(ctx.request.headers.get("user-agent"));
  return seeOther("/");
});

app.post("/logout", async (ctx) => {
  await ctx.session.destroy();
  return seeOther("/");
});

app.post("/end", async (ctx) => {
  const { user } = ctx.session.data;
  const form = new URLSearchParams(await ctx.request.text());
  // The form can hold any ID. With the owner, no session of another user can be ended.
  if (user !== undefined) await store.endSession(form.get("id") ?? "", { owner: user });
  return seeOther("/");
});

app.post("/end-others", async (ctx) => {
  const { user } = ctx.session.data;
  if (user === undefined) return seeOther("/");
  // With a new ID, a copy of this session's cookie is worth nothing either.
  await ctx.session.regenerate();
  await store.endSessionsOf(user, { except: ctx.session });
  return seeOther("/");
});

app.post("/password", async (ctx) => {
  const { user } = ctx.session.data;
  if (user === undefined) return seeOther("/");
  const form = new URLSearchParams(await ctx.request.text());
  const isRight = await matches(form.get("password"), users.get(user) ?? nobody);
  if (!isRight) return html("Wrong password", { status: 403 });
  const password = form.get("new-password") ?? "";
  if (password.length < 8) return html("At least 8 characters, please", { status: 422 });
  const hash = await hashPassword(password);
  // It rejects if this session has ended since the request began: then the password stays as it is.
  await ctx.session.regenerate();
  // Before the others end: from here on, nobody can begin another one with the old password.
  users.set(user, hash);
  await store.endSessionsOf(user, { except: ctx.session });
  return seeOther("/");
});

function listItem({ id, expires, data }: OwnedSession, isCurrent: boolean): string {
  const device = escape(data.device ?? "Unknown device");
  if (isCurrent) {
    return `<li>${device}: this session
      <form method="post" action="/logout"><button>Log out</button></form></li>`;
  }
  // A renewal moves `expires`, so this is the last use, up to `renewAfter` seconds too early. (Only the
  // last two weeks before `absoluteTimeout` do not move it.)
  const lastUse = new Date((expires - IDLE_TIMEOUT) * 1000).toUTCString();
  return `<li>${device}, last used <time>${lastUse}</time>
    <form method="post" action="/end"><button name="id" value="${id}">End</button></form></li>`;
}

const LOGIN_FORM = `<form method="post" action="/login">
  <label>Name <input name="user" autocomplete="username"></label>
  <label>Password <input name="password" type="password" autocomplete="current-password"></label>
  <button>Log in</button>
</form>`;

const FORMS = `<form method="post" action="/end-others"><button>End all others</button></form>
<form method="post" action="/password">
  <label>Password <input name="password" type="password" autocomplete="current-password"></label>
  <label>New password <input name="new-password" type="password" autocomplete="new-password"></label>
  <button>Change the password, and end all other sessions</button>
</form>`;

/** Makes text safe in HTML. */
function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } });
}

export default app.buildHandler();
