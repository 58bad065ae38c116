import { compose } from "@hattip/compose";
import vike from "vike/fetch";
import type { Server } from "vike/types";
import { counter, handlers, login } from "./app.js";

const app = compose(...handlers, (ctx) =>
  vike.fetch(
    ctx.request,
    // Pages find these in pageContext. In development they cannot call login.of(): Vike runs pages
    // with another instance of app.ts than this file.
    { login: login.of(ctx), counter: counter.of(ctx) },
    { adapter: "hattip", params: undefined, hattip: ctx, runtime: "node" },
  ),
);

export default {
  fetch(request: Request & { ip?: string }) {
    // The server of the build knows the client's address, the one of `vike dev` does not.
    const { ip = "" } = request;
    const env = (name: string) => process.env[name];
    return app({ request, ip, env, platform: {}, passThrough() {}, waitUntil() {} });
  },
} satisfies Server;
