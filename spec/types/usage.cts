// The usage in CommonJS, with `import` and with `require`.
import { session, SignedCookieStore, UnsafeMemoryStore } from "@hattip/session";
import library = require("@hattip/session");
import testing = require("@hattip/session/testing");

declare module "@hattip/session" {
  interface SessionData {
    userId: string;
  }
}

export const middleware = session({
  store: new UnsafeMemoryStore(),
  defaultSessionData: { userId: "u" },
  // In onEvent, ctx has the property session, too.
  onEvent: (event, ctx) => event.type === "saved" && ctx.session.data.userId.toUpperCase(),
});
export const other = library.session({
  store: new SignedCookieStore(SignedCookieStore.generateKeysFromSecrets(["secret"])),
  defaultSessionData: (ctx) => ({ userId: ctx.ip }),
});
export const { externalHooksOf } = testing;

class MyStore extends library.ExternalStore {
  protected override read(): null {
    return null;
  }
  protected override create(): boolean {
    return false;
  }
  protected override update(): boolean {
    return false;
  }
  protected override remove(): void {}
}
export const { compares } = externalHooksOf(new MyStore());

// @ts-expect-error: Did you mean to write 'cookieName'?
session({ store: new MyStore(), defaultSessionData: {}, cookieNmae: "a" });
// @ts-expect-error: 'userid' does not exist in type
session({ store: new MyStore(), defaultSessionData: { userid: "u" } });
