// Replaces the key that seals the sessions without logging anybody out. To run it:
//
//     npm ci && npm run build
//     node --import ts-blank-space/register examples/key-rotation.ts
import { compose, type RequestContext } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import type { AdapterRequestContext, HattipHandler } from "@hattip/core";
import { EncryptedCookieStore, session } from "@hattip/session";
import { pathToFileURL } from "node:url";

declare module "@hattip/session" {
  interface SessionData {
    userName?: string;
  }
}

/** A new key, to be kept secret, for example in an environment variable. */
export async function makeKey(): Promise<string> {
  return EncryptedCookieStore.exportKey(await EncryptedCookieStore.generateKey());
}

/** Each step is a deployment. It must reach every server before the next step. */
export function rotate(oldKey: string, newKey: string): { why: string; keys: string[] }[] {
  return [
    { why: "Before the rotation.", keys: [oldKey] },
    {
      why: "The new key comes second, so that every server can open its values.",
      keys: [oldKey, newKey],
    },
    {
      why: "The new key comes first, so it seals, and the old sessions are reissued.",
      keys: [newKey, oldKey],
    },
    { why: "The old key is removed after the absolute timeout.", keys: [newKey] },
  ];
}

/** The app with these keys. The first one seals, and all of them open. */
export function deploy(keys: string[]): HattipHandler {
  const store = new EncryptedCookieStore(keys);
  return compose(cookie(), session({ store }), (ctx: RequestContext) => {
    if (ctx.url.pathname === "/login") ctx.session.data.userName = "Ada";
    return new Response(ctx.session.data.userName ?? "nobody");
  });
}

/** Ada logs in before the rotation, and visits the app after each step. */
async function main(): Promise<void> {
  let held = "";
  for (const { why, keys } of rotate(await makeKey(), await makeKey())) {
    const app = deploy(keys);
    const path = held === "" ? "/login" : "/";
    const request = new Request(`https://example.com${path}`, { headers: { cookie: held } });
    const response = await app(contextOf(request));
    const [issued] = response.headers.getSetCookie();
    held = issued?.split(";")[0] ?? held;
    console.log(`${why} ${await response.text()}, ${issued ? "with a new cookie" : "as before"}`);
  }
}

/** The context that an adapter would pass to the handler. */
function contextOf(request: Request): AdapterRequestContext {
  return {
    request,
    ip: "127.0.0.1",
    platform: undefined,
    env: () => undefined,
    passThrough() {},
    waitUntil() {},
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main();
