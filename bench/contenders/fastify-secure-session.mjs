import fastifyCookie from "@fastify/cookie";
import secureSession from "@fastify/secure-session";
import fastify from "fastify";
import { randomBytes } from "node:crypto";
import { hattipExchange, hattipHandler, setCookiesOf } from "../drivers/fetch.mjs";
import { accessorActions } from "../workload.mjs";

export const title = "@fastify/secure-session";
export const packages = ["@fastify/secure-session", "@fastify/cookie"];
export const kinds = ["encrypted"];
export const lacks = { encrypted: "na" };

const ATTRIBUTES = { path: "/", httpOnly: true, sameSite: "lax", secure: true, maxAge: 86_400 };

/**
 * Calls the three public functions of the package, as its own hooks do, with the same Request and
 * Response as the other contenders.
 */
export async function open() {
  const app = fastify();
  await app.register(secureSession, { key: randomBytes(32), cookie: { ...ATTRIBUTES } });
  await app.ready();
  return {
    actions: accessorActions,
    exchange: hattipExchange,
    setCookiesOf,
    handle: hattipHandler(async (ctx) => {
      ctx.session = app.decodeSecureSession(ctx.cookie.session) ?? app.createSecureSession({});
      const response = await ctx.next();
      if (ctx.session.changed) {
        const value = app.encodeSecureSession(ctx.session);
        response.headers.append(
          "set-cookie",
          fastifyCookie.serialize("session", value, ATTRIBUTES),
        );
      }
      return response;
    }),
    close: () => app.close(),
  };
}
