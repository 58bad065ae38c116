import { counter, login } from "./app.js";
import { contextOf } from "./bridge.js";
import { app, listen } from "./elysia.js";
import { pause, textInParts, UNFIT, upstream } from "./parts.js";

app.get("/stream", ({ request }) => {
  counter.of(contextOf(request)).data.visits++;
  return new Response(textInParts());
});
app.get("/redirect", ({ request }) => {
  counter.of(contextOf(request)).data.visits++;
  // On Node, Elysia's redirect() needs an absolute URL.
  return new Response(null, { status: 302, headers: { location: "/" } });
});
app.get("/empty", ({ request }) => {
  counter.of(contextOf(request)).data.visits++;
  return new Response(null, { status: 204 });
});
app.post("/echo", ({ request, body, set }) => {
  counter.of(contextOf(request)).data.visits++;
  set.status = 201;
  return body;
});
app.get("/upstream", ({ request }) => {
  counter.of(contextOf(request)).data.visits++;
  return upstream();
});
app.get("/slow/:name", async ({ request, params }) => {
  login.of(contextOf(request)).data.user = params.name;
  await pause(60);
  return login.of(contextOf(request)).data.user;
});
app.get("/regenerate-and-fail", async ({ request }) => {
  await login.of(contextOf(request)).regenerate();
  throw new Error("The handler failed, as it should here");
});
app.get("/unfit", ({ request }) => {
  counter.of(contextOf(request)).data.visits = UNFIT;
  return "This must not arrive";
});

listen(Number(process.env.PORT));
