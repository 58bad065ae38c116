import cloudflareWorkersAdapter from "@hattip/adapter-cloudflare-workers/no-static";
import { EncryptedCookieStore, session } from "@hattip/session";
import { createApp } from "./visits.mjs";
import { countWebCryptoCalls } from "./web-crypto-calls.mjs";

countWebCryptoCalls(crypto.subtle);

export default { fetch: cloudflareWorkersAdapter(createApp({ EncryptedCookieStore, session })) };
