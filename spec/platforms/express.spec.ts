import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createMiddleware } from "@hattip/adapter-node";
import { expect } from "chai";
import express, { type RequestHandler } from "express";
import { COUNTER, MEMORY_STORE, Recipes } from "./recipes.js";

const FORM = "application/x-www-form-urlencoded";

describe("The recipes for Express", () => {
  let recipes: Recipes;
  let hattip: RequestHandler;
  const servers: Server[] = [];

  before(async () => {
    recipes = new Recipes("express");
    recipes.add("store", MEMORY_STORE);
    recipes.add("handler", COUNTER);
    recipes.write("express");
    recipes.write("parsers-first");
    const { default: handler } = await recipes.import("handler");
    hattip = createMiddleware(handler, { alwaysCallNext: false }) as RequestHandler;
    // The recipe calls this function of the app.
    Object.assign(globalThis, { findUser: (form: FormData) => ({ id: form.get("user") }) });
  });
  after(async () => {
    Reflect.deleteProperty(globalThis, "findUser");
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    }
    recipes.remove();
  });

  async function serve(
    app: express.Express,
  ): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
    const server = app.listen(0, "127.0.0.1");
    servers.push(server);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init);
  }

  it("let Hattip and Express read forms, and Express see who the user is", async () => {
    const send = await serve((await recipes.import("express")).app);
    const login = await send("/login", post(FORM, "user=ada"));
    expect(await login.text()).to.equal("Welcome");
    const cookie = login.headers.getSetCookie()[0]!.split(";", 1)[0]!;
    const account = await send("/account", post(FORM, "text=hello", { cookie }));
    expect(await account.text()).to.equal("ada sends hello");
    expect(await (await send("/account", post(FORM, "text=hello"))).text()).to.equal(
      "undefined sends hello",
    );
  });

  for (const [type, body] of [
    [FORM, "user=ada"],
    ["application/json", '{"user":"ada"}'],
  ] as const) {
    it(`let Hattip read a body that a parser has read before: ${type}`, async () => {
      const { parsers } = await recipes.import("parsers-first");
      const send = await serve(express().use(parsers, hattip));
      const answer = await send("/read", post(type, body));
      expect(await answer.text()).to.equal(`Visit 1${body}`);
      expect(answer.headers.getSetCookie()).to.have.lengthOf(1);
    });

    // The page describes it. If a later adapter can do it, the page can leave the recipe out.
    it(`are necessary: ${type}`, async () => {
      const app = express().use(express.urlencoded(), express.json(), hattip);
      app.use(((error, _request, response, _next) => {
        response.status(500).send(String(error));
      }) as express.ErrorRequestHandler);
      const answer = await (await serve(app))("/unread", post(type, body));
      expect(answer.status).to.equal(500);
      expect(await answer.text()).to.equal(
        "TypeError: Response body object should not be disturbed or locked",
      );
    });
  }
});

function post(type: string, body: string, headers: Record<string, string> = {}): RequestInit {
  return { method: "POST", body, headers: { ...headers, "content-type": type } };
}
