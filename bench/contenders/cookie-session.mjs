import cookieSession from "cookie-session";
import { expressExchange, expressHandler, setCookiesOf } from "../drivers/express.mjs";
import { objectActions } from "../workload.mjs";

export const title = "cookie-session";
export const packages = ["cookie-session"];
export const kinds = ["signed", "unsigned"];
export const lacks = { signed: "ea", unsigned: "ea" };

export function open(kind) {
  const middleware = cookieSession({
    name: "session",
    ...(kind === "signed" ? { keys: ["a secret of 32 characters or more"] } : { signed: false }),
    maxAge: 86_400_000,
    secure: true,
    sameSite: "lax",
  });
  return {
    actions: objectActions((req) => req.session),
    exchange: expressExchange,
    setCookiesOf,
    handle: expressHandler(middleware),
  };
}
