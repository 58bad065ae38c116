import { reported, type SkipReason } from "../events.js";
import { hashSessionId, isSessionId } from "../external/session-id.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { cookieValues } from "../middleware/cookie-values.js";
import type { SessionCookie } from "../middleware/session-cookie.js";
import { encodeBase64url } from "../platform/bytes.js";
import { randomBytes, sha256 } from "../platform/crypto.js";
import { currentSecond } from "../records/expiry.js";
import type { SessionRecord } from "../records/record.js";
import type { SessionScope } from "../records/store.js";
import type { DeviceBinder, Served } from "./binder.js";
import { decodeBinding, makeMac, secondOf, type Binding } from "./binding.js";
import { hasSigned, keyIn } from "./device-key.js";
import { parseSignedAnswer, type SignedAnswer } from "./signed-answer.js";

/** The longest time between a challenge and its answer. */
const CHALLENGE_SECONDS = 60;
/** Requests that were under way when the key was registered have no proof. */
const GRACE_SECONDS = 10;
/** A string of RFC 9651, whose parameters count for nothing, or bare, as Chromium 156 writes it. */
const IDENTIFIER = /^("?)([\w-]{43})\1 *(;[^,]*)?$/;
/** `<id of the session>.<MAC>` */
const OFFERED = /^([\w-]{43})\.(.+)$/;
const LOAD_AGAIN = "<!doctype html><script>location.reload()</script>";
const SKIPPED = /^(unreachable|server_error|quota_exceeded)\b/;

/** Device binding for one `session()`. */
export class SessionBinder implements DeviceBinder {
  readonly #served: Served;
  readonly #proofCookie: SessionCookie;
  readonly #path: string;
  readonly #proofSeconds: number;

  constructor(served: Served, proofCookie: SessionCookie, path: string, proofSeconds: number) {
    this.#served = served;
    this.#proofCookie = proofCookie;
    this.#path = path;
    this.#proofSeconds = proofSeconds;
  }

  isBound(text: string | undefined): boolean {
    return decodeBinding(text).key !== "";
  }

  /**
   * The secret stays, too: a proof may be on its way to the browser. There is no new proof, or a thief
   * could call `regenerate()` again and again to keep his.
   */
  carry(text: string | undefined): string {
    return text !== undefined && this.isBound(text) ? text : encodeBase64url(randomBytes(32));
  }

  async offer(text: string, value: string, ctx: RequestContext<any>): Promise<string | null> {
    if (this.isBound(text) || !ctx.request.url.startsWith("https:")) return null;
    // The registration may come without the cookie: after a log-in by another site, for example.
    const id = await hashSessionId(value, this.#served.cookie.name);
    const challenge = `${id}.${await makeMac("registration", currentSecond(), text)}`;
    this.#served.emit?.({ type: "binding-offered" }, ctx);
    return `(ES256 RS256);path="${this.#path}";challenge="${challenge}"`;
  }

  async isProven({ binding }: SessionRecord, ctx: RequestContext<any>): Promise<boolean> {
    const { secret, since, key } = decodeBinding(binding);
    const now = currentSecond();
    if (key === "" || now < since + GRACE_SECONDS) return true;
    for (const value of cookieValues(ctx.request, this.#proofCookie.name)) {
      const end = await secondOf("proof", value, secret);
      if (end !== null && now < end) return true;
    }
    const [reason] = SKIPPED.exec(ctx.request.headers.get("secure-session-skipped") ?? "") ?? [];
    if (reason) this.#served.emit?.({ type: "refresh-skipped", reason: reason as SkipReason }, ctx);
    return false;
  }

  /**
   * Chromium renews the proof before requests of the own pages and typed addresses, or says why not. If
   * neither is so, the key is lost: the visitor needs a session to log in (for the state of OAuth, say).
   */
  mayHaveKey(request: Request): boolean {
    const { headers } = request;
    const site = headers.get("sec-fetch-site");
    const isTyped = site === "none" && headers.get("sec-fetch-mode") === "navigate";
    const hasProof = cookieValues(request, this.#proofCookie.name).length > 0;
    const isSkipped = headers.has("secure-session-skipped");
    return (site !== "same-origin" && !isTyped) || hasProof || isSkipped;
  }

  /**
   * Chromium 156 renews no proof for a navigation that another site has begun, such as a click on a link
   * in a mail. It does for a page that loads itself again. The script keeps a #fragment. Where a policy
   * forbids the script, the header acts. Its address is relative: the origin may be a proxy's.
   */
  loadAgain({ method, headers, url }: Request): Response | null {
    const isNavigation = method === "GET" && headers.get("sec-fetch-mode") === "navigate";
    const site = headers.get("sec-fetch-site") ?? "";
    if (!isNavigation || !/^(cross|same)-site$/.test(site)) return null;
    const { pathname, search } = new URL(url);
    const refresh = `1; url=./${pathname.replace(/^.*\//, "")}${search}`;
    return respond(200, LOAD_AGAIN, { "content-type": "text/html", refresh });
  }

  isForBrowser({ url }: Request): boolean {
    return url.includes(this.#path) && new URL(url).pathname === this.#path;
  }

  async answer(scope: SessionScope): Promise<Response> {
    const { method, headers } = scope.ctx.request;
    if (method !== "POST") return respond(405, null, { allow: "POST" });
    const answer = parseSignedAnswer(headers.get("secure-session-response"));
    // Only browsers can send this header: no page can cause a refresh.
    const quotedId = headers.get("sec-secure-session-id");
    const beginMs = performance.now();
    try {
      const key = answer && keyIn(answer);
      if (answer && key && quotedId === null) return await this.#register(key, answer, scope);
      const [, , id] = IDENTIFIER.exec(quotedId ?? "") ?? [];
      const isRefresh = id !== undefined && answer !== null && answer?.jwk === undefined;
      return isRefresh ? await this.#refresh(id, answer, scope) : respond(400);
    } catch (error) {
      const failure = reported(error, "bind", beginMs, this.#served.emit, scope.ctx);
      if (failure.code === "ERR_SESSION_USAGE") throw failure;
      return respond(503); // The browser keeps its key, and tries again.
    }
  }

  async #register(key: string, answer: SignedAnswer, scope: SessionScope): Promise<Response> {
    const [, id = "", challenge = ""] = OFFERED.exec(answer.challenge) ?? [];
    const session = await this.#served.store.loadById!(id, scope);
    const { secret } = decodeBinding(typeof session === "string" ? "" : session.binding);
    const made = await secondOf("registration", challenge, secret);
    const isInTime = made !== null && currentSecond() <= made + CHALLENGE_SECONDS;
    const isMeant = isInTime && (await this.#mayHold(id, scope));
    if (typeof session !== "string" && isMeant && (await hasSigned(key, answer))) {
      const own = `${secret}.${currentSecond()}.${key}`;
      // Nobody can replace a key. A browser that has missed this answer may send its own again.
      const next = (current?: string): string | undefined => (current === secret ? own : current);
      const bound = decodeBinding(await this.#served.store.bindDevice!(session, next, scope));
      if (bound.secret === secret && bound.key === key)
        return this.#prove("bound", bound, made, scope);
    }
    this.#served.emit?.({ type: "proof-refused" }, scope.ctx);
    return respond(403);
  }

  async #refresh(
    id: string,
    answer: SignedAnswer | undefined,
    scope: SessionScope,
  ): Promise<Response> {
    const binding = await this.#bindingWith(id, scope);
    if (binding === "later") return respond(503);
    // The browser forgets the key of a session that is over, or of the one before a new log-in.
    if (!binding) return respond(200, JSON.stringify({ continue: false }));
    if (answer) {
      const made = await secondOf("refresh", answer.challenge, binding.secret);
      if (made === null || !(await hasSigned(binding.key, answer))) {
        this.#served.emit?.({ type: "proof-refused" }, scope.ctx);
      } else if (currentSecond() <= made + Math.min(CHALLENGE_SECONDS, this.#proofSeconds / 2)) {
        return this.#prove("proved", binding, made, scope);
      }
      // After a 503, Chromium sends its old answer again. It must make a new one, whose proof lasts.
    }
    const challenge = await makeMac("refresh", currentSecond(), binding.secret);
    return respond(403, null, { "secure-session-challenge": `"${challenge}";id="${id}"` });
  }

  /**
   * Whether the browser may hold the session: it sends its cookie or none. With another session's
   * cookie, it has logged in again meanwhile, and must not lose the proof of that session.
   */
  async #mayHold(id: string, { ctx, cookieName }: SessionScope): Promise<boolean> {
    const values = cookieValues(ctx.request, cookieName);
    for (const value of values) if ((await hashSessionId(value, cookieName)) === id) return true;
    return values.length === 0;
  }

  /** That of the request's sessions whose key the browser knows by this ID. */
  async #bindingWith(id: string, scope: SessionScope): Promise<Binding | "later" | null> {
    let result: "later" | null = null;
    for (const value of cookieValues(scope.ctx.request, scope.cookieName)) {
      const hash = isSessionId(value) ? await hashSessionId(value, scope.cookieName) : "";
      const found = await this.#served.store.loadById!(hash, scope);
      const binding = decodeBinding(typeof found === "string" ? "" : found.binding);
      if (binding.key !== "" && (await idOf(binding)) === id) return binding;
      // The new cookie is on its way, or another version of the app can read the data: the key must stay.
      if (found === "moved" || found === "invalid") result = "later";
    }
    return result;
  }

  /** Sets the proof. It ends so many seconds after the challenge: an answer sent again gains nothing. */
  async #prove(
    type: "bound" | "proved",
    binding: Binding,
    made: number,
    { ctx }: SessionScope,
  ): Promise<Response> {
    this.#served.emit?.({ type }, ctx);
    const end = made + this.#proofSeconds;
    // The cookie ends before its proof does: no request arrives with a proof that has just ended.
    const maxAge = end - Math.ceil(this.#proofSeconds / 10) - currentSecond();
    const proof = await makeMac("proof", end, binding.secret);
    const setCookie = this.#proofCookie.set(proof, Math.max(0, maxAge), "https:");
    const attributes = this.#proofCookie.set("", null, "https:").replace(/^.*?; /, "");
    const instructions = {
      session_identifier: await idOf(binding),
      refresh_url: this.#path,
      scope: { include_site: false },
      credentials: [{ type: "cookie", name: this.#proofCookie.name, attributes }],
    };
    return respond(200, JSON.stringify(instructions), { "set-cookie": setCookie });
  }
}

/** What the browser knows its key by, for as long as it is bound. */
async function idOf({ key }: Binding): Promise<string> {
  return sha256(`device=${key}`);
}

/** No cache keeps the answer, and no other site learns from it who is logged in. */
function respond(status: number, body: string | null = null, more: object = {}): Response {
  const headers = {
    "content-type": "application/json",
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    ...more,
  };
  return new Response(body, { status, headers });
}
