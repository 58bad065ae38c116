import { counter, login } from "./app.js";
import { contextOf } from "./bridge.js";
import { app, listen } from "./hono.js";
import { pause, textInParts, UNFIT, upstream } from "./parts.js";

app.get("/stream", (c) => {
  counter.of(contextOf(c)).data.visits++;
  return c.body(textInParts());
});
app.get("/redirect", (c) => {
  counter.of(contextOf(c)).data.visits++;
  return c.redirect("/");
});
app.get("/empty", (c) => {
  counter.of(contextOf(c)).data.visits++;
  return c.body(null, 204);
});
app.post("/echo", async (c) => {
  counter.of(contextOf(c)).data.visits++;
  return c.json(await c.req.json(), 201);
});
app.get("/upstream", (c) => {
  counter.of(contextOf(c)).data.visits++;
  return upstream();
});
app.get("/slow/:name", async (c) => {
  login.of(contextOf(c)).data.user = c.req.param("name");
  await pause(60);
  return c.text(login.of(contextOf(c)).data.user ?? "");
});
app.get("/regenerate-and-fail", async (c) => {
  await login.of(contextOf(c)).regenerate();
  throw new Error("The handler failed, as it should here");
});
app.get("/unfit", (c) => {
  counter.of(contextOf(c)).data.visits = UNFIT;
  return c.text("This must not arrive");
});

listen(Number(process.env.PORT));
