// oxlint-disable oxc/no-async-endpoint-handlers -- This framework handles rejected promises.
import express from "express";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { counter, login } from "./app.js";
import { contextOf } from "./bridge.js";
import { app, listen } from "./express.js";
import { pause, textInParts, UNFIT, upstream } from "./parts.js";

app.get("/stream", (request, response) => {
  counter.of(contextOf(request)).data.visits++;
  Readable.fromWeb(textInParts() as ReadableStream).pipe(response);
});
app.get("/redirect", (request, response) => {
  counter.of(contextOf(request)).data.visits++;
  response.redirect("/");
});
app.get("/empty", (request, response) => {
  counter.of(contextOf(request)).data.visits++;
  response.status(204).end();
});
app.post("/echo", express.json(), (request, response) => {
  counter.of(contextOf(request)).data.visits++;
  response.status(201).json(request.body);
});
app.get("/upstream", async (request, response) => {
  counter.of(contextOf(request)).data.visits++;
  const answer = await upstream();
  for (const [name, value] of answer.headers) response.append(name, value);
  response.end(await answer.text());
});
app.get("/slow/:name", async (request, response) => {
  login.of(contextOf(request)).data.user = request.params.name;
  await pause(60);
  response.send(login.of(contextOf(request)).data.user);
});
app.get("/regenerate-and-fail", async (request) => {
  await login.of(contextOf(request)).regenerate();
  throw new Error("The handler failed, as it should here");
});
app.get("/unfit", (request, response) => {
  counter.of(contextOf(request)).data.visits = UNFIT;
  response.send("This must not arrive");
});

listen(Number(process.env.PORT));
