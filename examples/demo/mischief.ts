import type { HattipHandler } from "@hattip/core";
import type { RequestContext } from "@hattip/compose";
import { answerTo } from "./own-request.js";
import type { Site } from "./site.js";
import { setCookieOf, valueOf } from "./site-cookie.js";
import type { StoreName } from "./stores.js";

/** Changes the visitor's cookie, as the visitor could with the browser's developer tools. */
export function tamper(ctx: RequestContext, site: Site): Response {
  const response = backTo(site, "#tamper");
  const value = ctx.cookie[site.cookieName];
  if (value) response.headers.set("set-cookie", setCookieOf(site, forge(site.store, value)));
  return response;
}

/** Sets the count to a million if it is readable. Otherwise, changes one character. */
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
 * Sends two concurrent requests, as two tabs would. Passes their cookies on to the browser in the
 * order of the responses. A request before them begins the session if there is none: two requests
 * without a cookie would begin one session each.
 */
export async function race(app: HattipHandler, ctx: RequestContext, site: Site): Promise<Response> {
  const response = backTo(site, "#race");
  let held = ctx.cookie[site.cookieName];
  const send = async (step: string): Promise<void> => {
    const request = new Request(new URL(`${site.path}/race/${step}`, ctx.url), {
      method: "POST",
      headers: held === undefined ? {} : { cookie: `${site.cookieName}=${held}` },
    });
    const { headers } = await answerTo(app, request, ctx);
    for (const header of headers.getSetCookie()) response.headers.append("set-cookie", header);
  };
  await send("start");
  const [started] = response.headers.getSetCookie();
  if (started !== undefined) held = valueOf(started);
  await Promise.all([send("left"), send("right")]);
  return response;
}

/**
 * 303 makes the browser GET the page, so that a reload does not send the form twice.
 *
 * @param page - With a fragment, the browser scrolls to the card whose button was pressed. On a phone,
 * the visitor would otherwise be at the top of the page after each click.
 */
export function backTo(site: Site, page: string): Response {
  return new Response(null, { status: 303, headers: { location: `${site.path}/${page}` } });
}
