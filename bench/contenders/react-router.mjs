import { createCookieSessionStorage, createMemorySessionStorage } from "react-router";
import { setCookiesOf, webExchange } from "../drivers/fetch.mjs";
import { accessorActions } from "../workload.mjs";

export const title = "react-router";
export const packages = ["react-router"];
export const kinds = ["signed", "unsigned", "memory"];
export const lacks = { signed: "ena", unsigned: "ea", memory: "hca" };

export function open(kind) {
  const cookie = {
    name: "session",
    path: "/",
    httpOnly: true,
    sameSite: "lax",
    secure: true,
    maxAge: 86_400,
    secrets: kind === "unsigned" ? [] : ["a secret of 32 characters or more"],
  };
  const storage =
    kind === "memory"
      ? createMemorySessionStorage({ cookie })
      : createCookieSessionStorage({ cookie });
  const saving = (action) => async (exchange, values) => {
    action(exchange.session, values);
    const header = await storage.commitSession(exchange.session);
    exchange.response.headers.append("set-cookie", header);
  };
  return {
    actions: {
      seed: saving(accessorActions.seed),
      read: ({ session }) => accessorActions.read(session),
      write: saving(accessorActions.write),
      dump: ({ session }) => accessorActions.dump(session),
    },
    exchange: webExchange,
    setCookiesOf,
    async handle({ request, response }, action) {
      const session = await storage.getSession(request.headers.get("cookie"));
      await action({ session, response });
      return response;
    },
  };
}
