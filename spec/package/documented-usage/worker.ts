// A Cloudflare Worker with the documented KV store.
import cloudflareWorkersAdapter from "@hattip/adapter-cloudflare-workers/no-static";
import { KvSessionStore } from "@hattip/session";
import { appWith } from "./app.js";

const store = new KvSessionStore({ getStore: (ctx) => ctx.platform.env.SESSIONS });

export default { fetch: cloudflareWorkersAdapter(appWith(store)) };
