import { counter, login } from "./app.js";
import { app, listen } from "./inside-hattip.js";
import { pause, textInParts, UNFIT, upstream } from "./parts.js";

app.get("/stream", (c) => {
  counter.of(c.env.ctx).data.visits++;
  return c.body(textInParts());
});
app.get("/redirect", (c) => {
  counter.of(c.env.ctx).data.visits++;
  return c.redirect("/");
});
app.get("/empty", (c) => {
  counter.of(c.env.ctx).data.visits++;
  return c.body(null, 204);
});
app.post("/echo", async (c) => {
  counter.of(c.env.ctx).data.visits++;
  return c.json(await c.req.json(), 201);
});
app.get("/upstream", (c) => {
  counter.of(c.env.ctx).data.visits++;
  return upstream();
});
app.get("/slow/:name", async (c) => {
  login.of(c.env.ctx).data.user = c.req.param("name");
  await pause(60);
  return c.text(login.of(c.env.ctx).data.user ?? "");
});
app.get("/regenerate-and-fail", async (c) => {
  await login.of(c.env.ctx).regenerate();
  throw new Error("The handler failed, as it should here");
});
app.get("/unfit", (c) => {
  counter.of(c.env.ctx).data.visits = UNFIT;
  return c.text("This must not arrive");
});

listen(Number(process.env.PORT));
