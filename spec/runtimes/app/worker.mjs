import cloudflareWorkersAdapter from "@hattip/adapter-cloudflare-workers/no-static";
import { compose } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import * as library from "@hattip/session";
import { createApp } from "./app.mjs";

// In the global scope, where Workers refuse random values: keys and stores must do without.
const app = await createApp({ compose, cookie, library });

export default { fetch: cloudflareWorkersAdapter(app) };
