// `npm run demo`, then open http://localhost:3000 twice, and once more in a private window.
import { createServer } from "@hattip/adapter-node";
import { cookie } from "@hattip/cookie";
import { html } from "@hattip/response";
import { createRouter } from "@hattip/router";
import { session, SignedCookieStore } from "@hattip/session";

declare module "@hattip/session" {
  interface SessionData {
    visits?: number;
  }
}

const app = createRouter();
app.use(cookie());
app.use(
  session({
    // A real app reads its secret from the environment.
    store: new SignedCookieStore(SignedCookieStore.generateKeysFromSecrets(["demo secret"])),
    defaultSessionData: {},
  }),
);

app.get("/", (ctx) => {
  const visits = (ctx.session.data.visits ?? 0) + 1;
  ctx.session.data.visits = visits;
  return html(
    `<p>Your visit number ${visits}.</p><form method="post" action="/forget"><button>Forget me</button></form>`,
  );
});

app.post("/forget", async (ctx) => {
  await ctx.session.destroy();
  return new Response(null, { status: 303, headers: { location: "/" } });
});

const port = Number(process.env["PORT"] ?? 3000);
createServer(app.buildHandler()).listen(port, "localhost", () => {
  console.log(`http://localhost:${port}`);
});
