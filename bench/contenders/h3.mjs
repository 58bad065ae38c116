import { H3Event, useSession } from "h3";
import { setCookiesOf, webExchange } from "../drivers/fetch.mjs";
import { nextVisit } from "../workload.mjs";

export const title = "h3";
export const packages = ["h3"];
export const kinds = ["encrypted"];
export const lacks = { encrypted: "rns" };

const CONFIG = { name: "session", password: "a secret of 32 characters or more", maxAge: 86_400 };

export function open() {
  return {
    actions: {
      seed: (session, values) => session.update(values),
      read: (session) => session.data.visits,
      write: (session) => session.update({ visits: nextVisit(session.data.visits) }),
      dump: (session) => ({ ...session.data }),
    },
    exchange(cookieHeader) {
      return new H3Event(webExchange(cookieHeader).request);
    },
    setCookiesOf,
    async handle(event, action) {
      await action(await useSession(event, CONFIG));
      return event.res;
    },
  };
}
