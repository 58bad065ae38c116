import type { RequestContext } from "@hattip/compose";
import { backTo } from "./mischief.js";
import { setCookieOf } from "./site-cookie.js";

/**
 * The copy is in a cookie of its own: a thief would have it elsewhere. The name is shorter than that
 * of every session cookie, so that the copy of a cookie of 4096 bytes fits.
 */
const NAME = "copy";

/** Whether the demo has a copy, and whether it is what the browser sends as the session's cookie. */
export type CopyState = "none" | "kept" | "in use";

export function copyState({ cookie, locals: { site } }: RequestContext): CopyState {
  const copy = cookie[NAME];
  if (!copy) return "none";
  return copy === cookie[site.cookieName] ? "in use" : "kept";
}

/** Keeps a copy of the session's cookie that this request has sent. */
export function keepCopy({ cookie, locals: { site } }: RequestContext, response: Response): void {
  const value = cookie[site.cookieName];
  if (!value) return;
  const header = `${NAME}=${value}; Path=${site.path}/; HttpOnly; SameSite=Lax`;
  response.headers.append("set-cookie", site.isSecure ? `${header}; Secure` : header);
}

/** Gives the copy back to the browser as the session's cookie. */
export function putCopyBack({ cookie, locals: { site } }: RequestContext): Response {
  const response = backTo(site, "#account");
  const copy = cookie[NAME];
  if (copy) response.headers.set("set-cookie", setCookieOf(site, copy));
  return response;
}
