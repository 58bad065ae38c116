import type { RequestContext } from "@hattip/compose";
import { backTo } from "./mischief.js";
import type { Site } from "./site.js";
import { proofNameOf, setCookieOf } from "./site-cookie.js";
import { now } from "./time-left.js";

/**
 * The copy is in a cookie of its own: a thief would have it elsewhere. The name is shorter than that
 * of every session cookie, so that the copy of a cookie of 4096 bytes fits.
 */
const COPY = "copy";
/** `<second of the theft>.<copied proof>`. While this cookie is there, the copy is a thief's. */
const THIEF = "thief";

/** Whether the demo has a copy, and whether it is what the browser sends as the session's cookie. */
export type CopyState = "none" | "kept" | "in use" | "stolen";

export function copyState(ctx: RequestContext): CopyState {
  const { cookie, locals } = ctx;
  const { site } = locals;
  const copy = cookie[COPY];
  if (!copy) return "none";
  if (lootOf(ctx)) return "stolen";
  return copy === cookie[site.cookieName] ? "in use" : "kept";
}

/** Keeps a copy of the session's cookie that this request has sent, unless a thief has one already. */
export function keepCopy(ctx: RequestContext, response: Response): void {
  if (!lootOf(ctx)) copyCookie(ctx, response);
}

/** Gives the copy back to the browser as the session's cookie. */
export function putCopyBack({ cookie, locals: { site } }: RequestContext): Response {
  const response = backTo(site, "#account");
  const copied = cookie[COPY];
  if (copied) response.headers.set("set-cookie", setCookieOf(site, copied));
  return response;
}

/** What a thief has copied. */
export interface Loot {
  /** Seconds since 1970. */
  readonly since: number;
  readonly value: string;
  /** The proof of a session that is bound to a device. Empty if the browser had none. */
  readonly proof: string;
}

export function lootOf({ cookie }: RequestContext): Loot | null {
  const [, since, proof] = /^(\d+)\.(.*)$/.exec(cookie[THIEF] ?? "") ?? [];
  const value = cookie[COPY];
  if (!value || since === undefined || proof === undefined) return null;
  return { since: Number(since), value, proof };
}

/** Copies both cookies that this request has sent, as malware could. */
export function steal(ctx: RequestContext): Response {
  const { cookie, locals } = ctx;
  const { site } = locals;
  const response = backTo(site, "#thief");
  if (!cookie[site.cookieName]) return response;
  copyCookie(ctx, response);
  set(site, response, THIEF, `${now()}.${cookie[proofNameOf(site)] ?? ""}`);
  return response;
}

export function sendThiefAway({ locals: { site } }: RequestContext): Response {
  const response = backTo(site, "#thief");
  for (const name of [COPY, THIEF]) set(site, response, name, "", "; Max-Age=0");
  return response;
}

function copyCookie({ cookie, locals: { site } }: RequestContext, response: Response): void {
  const value = cookie[site.cookieName];
  if (value) set(site, response, COPY, value);
}

function set(site: Site, { headers }: Response, name: string, value: string, more = ""): void {
  const header = `${name}=${value}; Path=${site.path}/; HttpOnly; SameSite=Lax${more}`;
  headers.append("set-cookie", site.isSecure ? `${header}; Secure` : header);
}
