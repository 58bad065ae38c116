// Two sessions in one app: a login with a short timeout, and a basket that outlives it. Each
// session has its own cookie, store and timeout.
//
//     npm run example several-sessions
import { cookie } from "@hattip/cookie";
import { json } from "@hattip/response";
import { createRouter } from "@hattip/router";
import { EncryptedCookieStore, session, UnsafeMemoryStore } from "@hattip/session";

interface Login {
  user?: string;
}

interface Shop {
  basket: string[];
}

const YEAR = 31_536_000;

const login = session<Login>({
  cookieName: "__Host-login",
  store: new UnsafeMemoryStore(),
  idleTimeout: 900,
  absoluteTimeout: 28_800,
  cookieOptions: { sameSite: "strict" },
});
const shop = session<Shop>({
  cookieName: "shop",
  store: new EncryptedCookieStore(EncryptedCookieStore.generateKey().then((key) => [key])),
  defaultSessionData: { basket: [] },
  idleTimeout: YEAR,
});

const app = createRouter();
app.use(cookie());
app.use(login);
app.use(shop);

app.get("/", (ctx) =>
  json({ user: login.of(ctx).data.user ?? null, basket: shop.of(ctx).data.basket }),
);
app.post("/login", async (ctx) => {
  await login.of(ctx).regenerate();
  login.of(ctx).data.user = "ada";
  return json("Logged in");
});
app.post("/logout", async (ctx) => {
  await login.of(ctx).destroy();
  return json("Logged out");
});
app.post("/basket", async (ctx) => {
  const { basket } = shop.of(ctx).data;
  basket.push(await ctx.request.text());
  return json(basket);
});

export default app.buildHandler();
