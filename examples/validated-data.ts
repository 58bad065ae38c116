// One schema gives the type and the validation of the session data. The client can read and write
// the cookie, which is acceptable for preferences. Data that fail the schema are dropped, and the
// request gets a fresh session.
//
//     npm run example validated-data
import { cookie } from "@hattip/cookie";
import { json } from "@hattip/response";
import { createRouter } from "@hattip/router";
import { session, SimpleCookieStore } from "@hattip/session";
import * as v from "valibot";

const Preferences = v.strictObject({
  theme: v.optional(v.picklist(["light", "dark"])),
  textSize: v.optional(v.pipe(v.number(), v.integer(), v.minValue(8), v.maxValue(40))),
});

declare module "@hattip/session" {
  interface SessionData extends v.InferOutput<typeof Preferences> {}
}

const app = createRouter();
app.use(cookie());
app.use(
  session({
    cookieName: "preferences",
    store: new SimpleCookieStore({ parse: (text) => v.parse(Preferences, JSON.parse(text)) }),
    defaultSessionData: { theme: "light", textSize: 16 },
  }),
);
app.get("/", (ctx) => json(ctx.session.data));
app.post("/", async (ctx) => {
  const parsed = v.safeParse(Preferences, await ctx.request.json());
  if (!parsed.success) return json(v.flatten(parsed.issues), { status: 400 });
  ctx.session.data = { ...ctx.session.data, ...parsed.output };
  return json(ctx.session.data);
});

export default app.buildHandler();
