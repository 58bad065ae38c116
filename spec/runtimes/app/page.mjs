import { compose } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import * as library from "@hattip/session";
import { createApp } from "./app.mjs";

// In a page, a Request cannot have a Cookie header, and a Response cannot have a Set-Cookie header.
const sessionOptions = {
  getSessionId: (ctx) => ctx.request.headers.get("x-session") ?? undefined,
  setSessionId(ctx, response, id) {
    response.headers.set("x-session", id ?? "");
  },
};

const app = await createApp({ compose, cookie, library, sessionOptions });

/** The launcher calls this from outside of the page. */
globalThis.send = async (path, token) => {
  const headers = token === undefined ? {} : { "x-session": token };
  const request = new Request(new URL(path, location.origin), { headers });
  const response = await app({
    request,
    ip: "127.0.0.1",
    env: () => undefined,
    passThrough() {},
    waitUntil() {},
  });
  return {
    status: response.status,
    body: await response.text(),
    issued: response.headers.get("x-session"),
  };
};
