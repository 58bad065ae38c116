import { cookieHeaderOf } from "../drivers/fetch.mjs";
import { dataOf, SIZES } from "../workload.mjs";

const DATA = dataOf(SIZES.small, 7);

/**
 * A request with this Cookie header. Without one, the handler writes the data of a new session. With
 * one, it reads a value of them.
 */
export async function visit({ actions, exchange, handle, setCookiesOf }, cookie) {
  let visits;
  const write = (session) => actions.seed(session, DATA);
  const read = (session) => {
    visits = actions.read(session);
  };
  const response = await handle(exchange(cookie), cookie === undefined ? write : read);
  return { cookie: cookieHeaderOf(setCookiesOf(response)), visits };
}

/** Whether a second visit has read what the first one has written. */
export function isRead({ visits }) {
  return visits === DATA.visits;
}

/** A worker that is visited. */
export function worker(open) {
  let app;
  return {
    async fetch({ headers }) {
      app ??= await open();
      return Response.json(await visit(app, headers.get("cookie") ?? undefined));
    },
  };
}
