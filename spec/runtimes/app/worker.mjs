import cloudflareWorkersAdapter from "@hattip/adapter-cloudflare-workers/no-static";
import { compose } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import * as library from "@hattip/session";
import { createApp } from "./app.mjs";

// In the global scope Workers provide no random values. Keys and stores must not need any there.
const app = await createApp({ compose, cookie, library });

export default { fetch: cloudflareWorkersAdapter(app) };
