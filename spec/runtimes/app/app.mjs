import { act, defaultSessionData } from "./actions.mjs";
import { bindDevice } from "./device-binding.mjs";
import { createStores } from "./stores.mjs";

/**
 * A Hattip app with the paths `/<store>/<action>`, the same for every runtime. It imports no
 * package, so that CommonJS can pass the packages that it has required.
 */
export async function createApp({ compose, cookie, library, redisClients, sessionOptions }) {
  const apps = {};
  const stores = await createStores(library, redisClients);
  for (const [name, store] of Object.entries(stores)) {
    apps[name] = compose(
      reportErrors,
      cookie(),
      library.session({ store, defaultSessionData, ...sessionOptions }),
      async (ctx) => new Response(await act(ctx.session, ctx.url)),
    );
  }
  return async (ctx) => {
    const { pathname, searchParams } = new URL(ctx.request.url);
    const [, name, action] = pathname.split("/");
    if (action !== "bind") return apps[name](ctx);
    const packages = { compose, cookie, library };
    const result = await bindDevice(packages, stores[name], searchParams.get("algorithm"));
    return new Response(JSON.stringify(result));
  };
}

/** Sends errors to the client, so that the results show the reason of a failure. */
function reportErrors(ctx) {
  ctx.handleError = (error) => new Response(String(error.stack), { status: 500 });
}
