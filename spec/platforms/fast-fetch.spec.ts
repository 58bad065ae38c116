import { expect } from "chai";
import type { ServerProcess } from "../support/server-process.js";
import { MEMORY_STORE, Recipes } from "./recipes.js";

/** Each path answers with another kind of response. All change the session. */
const APP = `
import { compose } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import { session } from "@hattip/session";
import { store } from "./store.js";

const reused = new Response("reused");
const kinds = {
  "/text": () => new Response("text"),
  "/bytes": () => new Response(new Uint8Array([65])),
  "/stream": () => new Response(new Blob(["stream"]).stream()),
  "/no-body": () => new Response(null, { status: 204 }),
  "/empty": () => new Response(""),
  "/reused": () => reused,
  "/json": () => Response.json({ ada: 1 }),
  "/redirect": (ctx) => Response.redirect(new URL("/text", ctx.url), 303),
  "/clone": () => new Response("clone").clone(),
  "/fetch": (ctx) => fetch(new URL("/ready", ctx.url)),
};
export default compose(cookie(), session({ store }), (ctx) => {
  if (ctx.url.pathname === "/ready") return new Response("ready");
  ctx.session.data.visits = (ctx.session.data.visits ?? 0) + 1;
  if (ctx.url.pathname === "/visits") return new Response(String(ctx.session.data.visits));
  return kinds[ctx.url.pathname]?.(ctx);
});
`;

/** The status and the body of each kind of response. */
const ANSWERS = {
  "/text": [200, "text"],
  "/bytes": [200, "A"],
  "/stream": [200, "stream"],
  "/no-body": [204, ""],
  "/empty": [200, ""],
  "/reused": [200, "reused"],
  "/json": [200, '{"ada":1}'],
  "/redirect": [303, ""],
  "/clone": [200, "clone"],
  "/fetch": [200, "ready"],
};

describe("The recipe for fast-fetch", () => {
  let recipes: Recipes;
  let origin: string;
  let server: ServerProcess | undefined;

  before(async () => {
    recipes = new Recipes("fast-fetch");
    recipes.add("store", MEMORY_STORE);
    recipes.add("handler", APP);
    recipes.write("fast-fetch");
    ({ origin, process: server } = await recipes.serve("fast-server"));
  });
  after(async () => {
    await server?.end("SIGKILL");
    recipes.remove();
  });

  for (const [path, answer] of Object.entries(ANSWERS)) {
    it(`sends every visitor a response and a cookie of their own: ${path}`, async () => {
      const cookies = new Set<string>();
      for (let visitor = 1; visitor <= 3; visitor++) {
        const response = await fetch(origin + path, { redirect: "manual" });
        expect([response.status, await response.text()]).to.deep.equal(answer);
        const [cookie, ...others] = response.headers.getSetCookie();
        expect(others).to.deep.equal([]);
        cookies.add(cookie!);
        const headers = { cookie: cookie!.split(";", 1)[0]! };
        expect(await (await fetch(`${origin}/visits`, { headers })).text()).to.equal("2");
      }
      expect(cookies.size).to.equal(3);
    });
  }
});
