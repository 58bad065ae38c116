import { act, defaultSessionData } from "./actions.mjs";
import { createStores } from "./stores.mjs";

/**
 * One Hattip app with `/<store>/<action>`, the same for every runtime. It imports no package, so
 * that CommonJS can hand over what it has required.
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

/** To the one who asked, so that the reason stands in the results. */
function reportErrors(ctx) {
  ctx.handleError = (error) => new Response(String(error.stack), { status: 500 });
}
