// The app in Fastify.
//
//     npm install @hattip/session @hattip/compose @hattip/cookie @hattip/router
//     npm install fastify fastify-raw-body @universal-middleware/fastify @universal-middleware/core
//     npx tsx fastify.ts
import { createMiddleware } from "@universal-middleware/fastify";
import fastify from "fastify";
import rawBody from "fastify-raw-body";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { pathToFileURL } from "node:url";
import { counter, handlers, login } from "./app.js";
import { bridge, contextOf } from "./bridge.js";

export const app = fastify();
await app.register(rawBody);

// The adapter takes web streams only, and answers 404 if there is no body.
app.addHook("onSend", async (_request, _reply, payload) =>
  payload instanceof Readable ? Readable.toWeb(payload) : (payload ?? null),
);
await app.register(createMiddleware(() => bridge(...handlers))());
// Fastify cannot answer HEAD with the adapter's Response.
app.addHook("onSend", async (request, reply, payload) => {
  if (request.method !== "HEAD" || !(payload instanceof Response)) return payload;
  reply.code(payload.status);
  for (const [name, value] of payload.headers) reply.header(name, value);
  return payload.body && Readable.fromWeb(payload.body as ReadableStream);
});

app.get("/", async (request, reply) => {
  const ctx = contextOf(request);
  reply.header("set-cookie", "theme=dark; Path=/");
  const { user = "guest" } = login.of(ctx).data;
  return `Hello, ${user}: visit ${++counter.of(ctx).data.visits}`;
});

export async function listen(port = 3000): Promise<void> {
  await app.listen({ port, host: "localhost" });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await listen();
