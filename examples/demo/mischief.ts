import type { HattipHandler } from "@hattip/core";
import type { RequestContext } from "@hattip/compose";
import type { Site } from "./site.js";
import type { StoreName } from "./stores.js";

/** Does to the visitor's cookie what the visitor could do with the browser's tools. */
export function tamper(ctx: RequestContext, site: Site): Response {
  const response = backTo(site);
  const value = ctx.cookie[site.cookieName];
  if (value) {
    const secure = site.isSecure ? "; Secure" : "";
    response.headers.set(
      "set-cookie",
      `${site.cookieName}=${forge(site.store, value)}; Path=/; HttpOnly; SameSite=Lax${secure}`,
    );
  }
  return response;
}

/** Raises the count to a million where it can be read; changes one character where it cannot. */
function forge(store: StoreName, value: string): string {
  if (store === "unsigned" || store === "signed") {
    // latin1 keeps every byte of the header and the signature as it is.
    const text = Buffer.from(value, "base64url").toString("latin1");
    const forged = text.replace(/"count":\d+/, '"count":1000000');
    if (forged !== text) return Buffer.from(forged, "latin1").toString("base64url");
  }
  const middle = value.length >> 1;
  const character = value[middle] === "A" ? "B" : "A";
  return value.slice(0, middle) + character + value.slice(middle + 1);
}

/**
 * Sends two requests at once, as two tabs would, and hands their cookies on in
 * the order in which they came.
 */
export async function race(app: HattipHandler, ctx: RequestContext, site: Site): Promise<Response> {
  const response = backTo(site);
  await Promise.all(
    ["left", "right"].map(async (side) => {
      const { ip, platform } = ctx;
      const url = new URL(`${site.path}/race/${side}`, ctx.url);
      const request = new Request(url, { method: "POST", headers: withoutBody(ctx.request) });
      const { headers } = await app({
        request,
        ip,
        platform,
        env: (name) => ctx.env(name),
        waitUntil: (promise) => ctx.waitUntil(promise),
        passThrough() {},
      });
      for (const header of headers.getSetCookie()) response.headers.append("set-cookie", header);
    }),
  );
  return response;
}

function withoutBody({ headers }: Request): Headers {
  const copy = new Headers(headers);
  copy.delete("content-length");
  copy.delete("content-type");
  return copy;
}

/** 303 makes the browser GET the page, so that going back or reloading sends no form twice. */
export function backTo(site: Site): Response {
  return new Response(null, { status: 303, headers: { location: `${site.path}/` } });
}
