// oxlint-disable oxc/no-async-endpoint-handlers -- This framework handles rejected promises.
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { counter, login } from "./app.js";
import { contextOf } from "./bridge.js";
import { app, listen } from "./fastify.js";
import { pause, textInParts, UNFIT, upstream } from "./parts.js";

app.get("/stream", (request, reply) => {
  counter.of(contextOf(request)).data.visits++;
  return reply.send(Readable.fromWeb(textInParts() as ReadableStream));
});
app.get("/redirect", (request, reply) => {
  counter.of(contextOf(request)).data.visits++;
  return reply.redirect("/");
});
app.get("/empty", (request, reply) => {
  counter.of(contextOf(request)).data.visits++;
  return reply.code(204).send();
});
app.post("/echo", async (request, reply) => {
  counter.of(contextOf(request)).data.visits++;
  return reply.code(201).send(request.body);
});
app.get("/upstream", async (request) => {
  counter.of(contextOf(request)).data.visits++;
  return upstream();
});
app.get<{ Params: { name: string } }>("/slow/:name", async (request) => {
  login.of(contextOf(request)).data.user = request.params.name;
  await pause(60);
  return login.of(contextOf(request)).data.user;
});
app.get("/regenerate-and-fail", async (request) => {
  await login.of(contextOf(request)).regenerate();
  throw new Error("The handler failed, as it should here");
});
app.get("/unfit", async (request) => {
  counter.of(contextOf(request)).data.visits = UNFIT;
  return "This must not arrive";
});

await listen(Number(process.env.PORT));
