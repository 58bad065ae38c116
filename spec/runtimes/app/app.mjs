import { act, defaultSessionData } from "./actions.mjs";
import { createStores } from "./stores.mjs";

/**
 * A Hattip app with the paths `/<store>/<action>`, the same for every runtime. It imports no
 * package, so that CommonJS can pass the packages that it has required.
 */
export async function createApp({ compose, cookie, library, redisClients, sessionOptions }) {
  const apps = {};
  for (const [name, store] of Object.entries(await createStores(library, redisClients))) {
    apps[name] = compose(
      reportErrors,
      cookie(),
      library.session({ store, defaultSessionData, ...sessionOptions }),
      async (ctx) => new Response(await act(ctx.session, ctx.url)),
    );
  }
  return (ctx) => apps[new URL(ctx.request.url).pathname.split("/")[1]](ctx);
}

/** Sends errors to the client, so that the results show the reason of a failure. */
function reportErrors(ctx) {
  ctx.handleError = (error) => new Response(String(error.stack), { status: 500 });
}
