import { compose } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import { webCryptoCalls } from "./web-crypto-calls.mjs";

const key = "lFmkBSXhXnY6GH9s2zwx9LvmxrG/2YNFPx1V14eSKjI=";

/**
 * A Hattip app that counts visits in an encrypted cookie. It does not import the library, so that
 * CommonJS can pass the one that it has required.
 */
export function createApp({ EncryptedCookieStore, session }) {
  const store = new EncryptedCookieStore(EncryptedCookieStore.generateKeysFromBase64([key]));
  return compose(
    (ctx) => {
      // So that the results show why a request failed.
      ctx.handleError = (error) => new Response(String(error.stack), { status: 500 });
      return ctx.url.pathname === "/web-crypto-calls"
        ? new Response(String(webCryptoCalls()))
        : undefined;
    },
    cookie(),
    session({ store, defaultSessionData: { visits: 0 } }),
    (ctx) => new Response(`Visit number ${++ctx.session.data.visits}`),
  );
}
