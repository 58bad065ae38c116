// Two sessions in one app: a login with a short timeout, and a basket that outlives it. Each
// session has its own cookie, store and timeout.
//
//     npm run example several-sessions
import { cookie } from "@hattip/cookie";
import { json } from "@hattip/response";
import { createRouter } from "@hattip/router";
import {
  EncryptedCookieStore,
  session,
  UnsafeMemoryStore,
  type Session,
  type SessionData,
} from "@hattip/session";

declare module "@hattip/session" {
  interface SessionData {
    user?: string;
    basket?: string[];
  }
}

/** A session whose type has only some of the data. */
type Narrowed<Key extends keyof SessionData> = Omit<Session, "data"> & {
  data: Pick<SessionData, Key>;
};

declare module "@hattip/compose" {
  /** The sessions by name. `ctx.session` is always the innermost one. */
  interface Locals {
    login: Narrowed<"user">;
    shop: Narrowed<"basket">;
  }
}

const YEAR = 31_536_000;
const keys = EncryptedCookieStore.generateKey().then((key) => [key]);

const app = createRouter();
app.use(cookie());
app.use(
  session({
    cookieName: "__Host-login",
    store: new UnsafeMemoryStore(),
    defaultSessionData: {},
    idleTimeout: 900,
    absoluteTimeout: 28_800,
    cookieOptions: { sameSite: "strict" },
  }),
);
app.use((ctx) => {
  ctx.locals.login = ctx.session;
});
app.use(
  session({
    cookieName: "shop",
    store: new EncryptedCookieStore(keys),
    defaultSessionData: { basket: [] },
    idleTimeout: YEAR,
  }),
);
app.use((ctx) => {
  ctx.locals.shop = ctx.session;
});

app.get("/", ({ locals: { login, shop } }) =>
  json({ user: login.data.user ?? null, basket: shop.data.basket }),
);
app.post("/login", async ({ locals: { login } }) => {
  await login.regenerate();
  login.data.user = "ada";
  return json("Logged in");
});
app.post("/logout", async ({ locals: { login } }) => {
  await login.destroy();
  return json("Logged out");
});
app.post("/basket", async ({ request, locals: { shop } }) => {
  shop.data.basket?.push(await request.text());
  return json(shop.data.basket);
});

export default app.buildHandler();
