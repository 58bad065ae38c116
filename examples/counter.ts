// The least that there is: counts each browser's visits.
//
//     npm run example counter
import { cookie } from "@hattip/cookie";
import { text } from "@hattip/response";
import { createRouter } from "@hattip/router";
import { session, SignedCookieStore } from "@hattip/session";

declare module "@hattip/session" {
  interface SessionData {
    visits?: number;
  }
}

const secret = process.env["SESSION_SECRET"] ?? "for development only";

const app = createRouter();
app.use(cookie());
app.use(
  session({
    store: new SignedCookieStore(SignedCookieStore.generateKeysFromSecrets([secret])),
    defaultSessionData: {},
  }),
);
app.get("/", (ctx) => {
  const { data } = ctx.session;
  data.visits = (data.visits ?? 0) + 1;
  return text(`Visit number ${data.visits}`);
});

export default app.buildHandler();
