// A minimal app that counts the visits of each browser.
//
//     export SESSION_KEY=$(node -p "crypto.randomBytes(32).toString('base64url')")
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

const app = createRouter();
app.use(cookie());
// The app does not start without a key. With a default key, everybody could forge sessions.
app.use(session({ store: new SignedCookieStore([process.env.SESSION_KEY!]) }));
app.get("/", (ctx) => {
  const { data } = ctx.session;
  data.visits = (data.visits ?? 0) + 1;
  return text(`Visit number ${data.visits}`);
});

export default app.buildHandler();
