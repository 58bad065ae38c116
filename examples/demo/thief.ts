import type { RequestContext } from "@hattip/compose";
import type { HattipHandler } from "@hattip/core";
import { lootOf, type Loot } from "./copied-cookie.js";
import { AS_THIEF } from "./journal.js";
import { answerTo } from "./own-request.js";
import { proofNameOf } from "./site-cookie.js";

declare module "@hattip/compose" {
  interface Locals {
    /** Absent without a thief. */
    thief?: ThiefView;
  }
}

/** What the app answers to anybody who asks. */
export interface Greeting {
  readonly name?: string | undefined;
  readonly count: number;
  readonly isFresh: boolean;
  readonly isDeviceBound: boolean;
}

/** A look at the app from another machine. */
export interface Look {
  readonly greeting: Greeting;
  /** Why the app took the thief for a new visitor; `null` if it did not. */
  readonly refused: string | null;
}

/** What a thief sees now. */
export interface ThiefView {
  readonly loot: Loot;
  readonly look: Look;
  /** With the session's cookie alone, as when the copied proof is over. Only for a bound session. */
  readonly lookWithoutProof: Look | null;
}

/** Before a visitor gets the home page, the thief looks at the app: with the copied cookies alone. */
export async function lookAsThief(app: HattipHandler, ctx: RequestContext): Promise<void> {
  const { method, url, locals } = ctx;
  const { site } = locals;
  const loot = lootOf(ctx);
  if (!loot || method !== "GET" || url.pathname !== `${site.path}/`) return;
  const cookie = `${site.cookieName}=${loot.value}`;
  const both = loot.proof === "" ? cookie : `${cookie}; ${proofNameOf(site)}=${loot.proof}`;
  const look = await lookWith(both, app, ctx);
  const lookWithoutProof = look.greeting.isDeviceBound ? await lookWith(cookie, app, ctx) : null;
  locals.thief = { loot, look, lookWithoutProof };
}

async function lookWith(cookie: string, app: HattipHandler, ctx: RequestContext): Promise<Look> {
  const { site } = ctx.locals;
  const request = new Request(new URL(site.path + AS_THIEF, ctx.url), { headers: { cookie } });
  const response = await answerTo(app, request, ctx);
  const greeting = (await response.json()) as Greeting;
  if (!greeting.isFresh) return { greeting, refused: null };
  // The journal has no reason if the session has just moved to a new ID.
  return { greeting, refused: site.journal.refusalOf(request) ?? "gone" };
}
