import { getIronSession } from "iron-session";
import { setCookiesOf, webExchange } from "../drivers/fetch.mjs";
import { objectActions } from "../workload.mjs";

export const title = "iron-session";
export const packages = ["iron-session"];
export const kinds = ["encrypted"];
export const lacks = { encrypted: "na" };

const OPTIONS = {
  cookieName: "session",
  password: "a secret of 32 characters or more",
  ttl: 86_400,
};

export function open() {
  const actions = objectActions((session) => session);
  return {
    actions: {
      ...actions,
      async seed(session, values) {
        actions.seed(session, values);
        await session.save();
      },
      async write(session) {
        actions.write(session);
        await session.save();
      },
      dump: (session) => JSON.parse(JSON.stringify(session)),
    },
    exchange: webExchange,
    setCookiesOf,
    async handle({ request, response }, action) {
      await action(await getIronSession(request, response, OPTIONS));
      return response;
    },
  };
}
