import { Hono } from "hono";
import { getSignedCookie, setSignedCookie } from "hono/cookie";
import { setCookiesOf, webExchange } from "../drivers/fetch.mjs";
import { nextVisit } from "../workload.mjs";

export const title = "hono signed cookies";
export const packages = ["hono"];
export const kinds = ["signed"];
export const lacks = { signed: "erna" };

const SECRET = "a secret of 32 characters or more";
const OPTIONS = { path: "/", httpOnly: true, sameSite: "Lax", secure: true, maxAge: 86_400 };

/** Stores JSON in a signed cookie. */
export function open() {
  const app = new Hono();
  app.get("/account", async (c) => {
    const text = await getSignedCookie(c, SECRET, "session");
    const save = (data) => setSignedCookie(c, "session", JSON.stringify(data), SECRET, OPTIONS);
    await c.env.action({ data: text ? JSON.parse(text) : {}, save });
    return c.body("ok");
  });
  return {
    actions: {
      seed: (session, values) => session.save(values),
      read: (session) => session.data.visits,
      write: ({ data, save }) => save({ ...data, visits: nextVisit(data.visits) }),
      dump: (session) => session.data,
    },
    exchange: webExchange,
    setCookiesOf,
    handle: ({ request }, action) => app.fetch(request, { action }),
  };
}
