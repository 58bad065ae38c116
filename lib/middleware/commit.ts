import { codeOf, SessionError, storeFailed } from "../errors.js";
import type { SessionEvent } from "../events.js";
import { currentSecond } from "../record.js";
import type { StoreScope } from "../store.js";
import type { Settings } from "./options.js";
import type { Decision, Write } from "./decision.js";
import { isChangeable, keepFromSharedCaches, varyByCookie, withHeaders } from "./response.js";

/** What the client is to hold from now on. */
interface Message {
  /** `null`: nothing any more. */
  readonly value: string | null;
  /** Seconds. */
  readonly maxAge: number;
  /** Whether it goes when the browser is closed. */
  readonly endsWithBrowser: boolean;
}

const EVENTS: Record<Write["kind"], Exclude<SessionEvent["type"], "fresh" | "store-failed">> = {
  create: "saved",
  keep: "saved",
  save: "saved",
  regenerate: "regenerated",
  reissue: "reissued",
  renew: "renewed",
};

/** Carries the decision out: the store first, then the response. */
export async function commit(
  settings: Settings,
  scope: StoreScope,
  decision: Decision,
  response: Response,
  varies: boolean,
): Promise<Response> {
  if (!isChangeable(response)) {
    await commitUntold(settings, scope, decision);
    return response;
  }
  const message = await write(settings, scope, decision);
  if (message) return tell(settings, scope, message, response, varies);
  return varies ? withHeaders(response, varyByCookie) : response;
}

/** When the response carries no cookie: what needs none is written, and what may wait for the next request waits. */
async function commitUntold(
  settings: Settings,
  scope: StoreScope,
  decision: Decision,
): Promise<void> {
  const { destroyed, clears, write: planned } = decision;
  // Who logs out is out, even if the browser keeps a cookie that is worth nothing.
  if (destroyed) await write(settings, scope, { ...decision, write: null });
  if (planned && !clears) {
    const { kind, loaded } = planned;
    if (kind === "keep" || kind === "reissue" || kind === "renew") return;
    if (kind === "save") {
      const message = await write(settings, scope, decision);
      // A cookie store has written nothing but the value that cannot be told.
      if (message === null || message.value === loaded?.value) return;
    }
  }
  throw new SessionError(
    "ERR_SESSION_RESPONSE",
    "The session has changed in a way that the client must be told of, but a response of this kind carries no cookie. Change the session in another request.",
  );
}

async function write(
  { store, emit }: Settings,
  scope: StoreScope,
  { destroyed, clears, write: planned }: Decision,
): Promise<Message | null> {
  const { ctx } = scope;
  try {
    if (destroyed) {
      await store.destroy(destroyed, scope);
      emit({ type: "destroyed" }, ctx);
    }
    if (!planned) return clears ? { value: null, maxAge: 0, endsWithBrowser: false } : null;
    const { kind, loaded, next, lifetime } = planned;
    const saved =
      loaded && kind === "regenerate"
        ? await store.regenerate(loaded, next, scope)
        : await store.save(loaded, next, scope);
    if (saved === null) {
      emit({ type: "gone" }, ctx);
      return null;
    }
    emit({ type: EVENTS[kind] }, ctx);
    if (saved.merged) emit({ type: "merged" }, ctx);
    const { value, expires } = saved;
    const isHeld = value === loaded?.value && expires === loaded.expires;
    if (isHeld && lifetime === loaded.lifetime) return null;
    const maxAge = Math.max(0, expires - currentSecond());
    return { value, maxAge, endsWithBrowser: lifetime === "browser" };
  } catch (error) {
    emit({ type: "store-failed", code: codeOf(error) }, ctx);
    throw error instanceof TypeError ? error : storeFailed(error);
  }
}

async function tell(
  { cookie, setSessionId }: Settings,
  { ctx }: StoreScope,
  { value, maxAge, endsWithBrowser }: Message,
  response: Response,
  varies: boolean,
): Promise<Response> {
  // One without a body can be answered with many times, and apps do: one user's cookie must not stay on it for the next.
  const own = response.body === null ? new Response(null, response) : response;
  const { url } = ctx.request;
  const set = (text: string): string => cookie.set(text, endsWithBrowser ? null : maxAge, url);
  const header = !setSessionId && (value === null ? cookie.clear(url) : set(value));
  const told = withHeaders(own, (headers) => {
    if (header) headers.append("set-cookie", header);
    keepFromSharedCaches(headers);
    if (varies) varyByCookie(headers);
  });
  await setSessionId?.(ctx, told, value, maxAge);
  return told;
}
