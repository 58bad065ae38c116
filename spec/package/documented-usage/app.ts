// The documented usage, word for word.
import { cookie } from "@hattip/cookie";
import { json } from "@hattip/response";
import { createRouter } from "@hattip/router";
import { session, SignedCookieStore, type SessionStore } from "@hattip/session";

declare module "@hattip/session" {
  interface SessionData {
    userId: string;
  }
}

export async function documentedApp() {
  const app = createRouter();

  // session() needs cookie(), or getSessionId to read the session ID from somewhere else.
  app.use(cookie());
  app.use(
    session({
      store: new SignedCookieStore(await SignedCookieStore.generateKeysFromSecrets(["secret"])),
      defaultSessionData: {}, // or a function of ctx; an object is copied for every new session
    }),
  );
  app.post("/", (ctx) => {
    ctx.session.data.userId = "ada";
  });
  // Without a path, Hattip's router ignores the method, too: this handler also answers POST.
  app.get((ctx) => json(ctx.session.data));

  return app.buildHandler();
}

/** The same app with another store, and with default data from a function of ctx. */
export function appWith(store: SessionStore) {
  const app = createRouter();
  app.use(cookie());
  app.use(session({ store, defaultSessionData: (ctx) => ({ userId: `visitor of ${ctx.url}` }) }));
  app.post("/", (ctx) => {
    ctx.session.data.userId = "ada";
  });
  app.get((ctx) => json(ctx.session.data));
  return app.buildHandler();
}
