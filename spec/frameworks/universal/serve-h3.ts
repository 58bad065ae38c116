import { readBody, redirect } from "h3";
import { counter, login } from "./app.js";
import { contextOf } from "./bridge.js";
import { app, listen } from "./h3.js";
import { pause, textInParts, UNFIT, upstream } from "./parts.js";

app.get("/stream", (event) => {
  counter.of(contextOf(event.req)).data.visits++;
  return textInParts();
});
app.get("/redirect", (event) => {
  counter.of(contextOf(event.req)).data.visits++;
  return redirect("/");
});
app.get("/empty", (event) => {
  counter.of(contextOf(event.req)).data.visits++;
  event.res.status = 204;
  return null;
});
app.post("/echo", (event) => {
  counter.of(contextOf(event.req)).data.visits++;
  event.res.status = 201;
  return readBody(event);
});
app.get("/upstream", (event) => {
  counter.of(contextOf(event.req)).data.visits++;
  return upstream();
});
app.get("/slow/:name", async (event) => {
  login.of(contextOf(event.req)).data.user = event.context.params!.name!;
  await pause(60);
  return login.of(contextOf(event.req)).data.user;
});
app.get("/regenerate-and-fail", async (event) => {
  await login.of(contextOf(event.req)).regenerate();
  throw new Error("The handler failed, as it should here");
});
app.get("/unfit", (event) => {
  counter.of(contextOf(event.req)).data.visits = UNFIT;
  return "This must not arrive";
});

listen(Number(process.env.PORT));
