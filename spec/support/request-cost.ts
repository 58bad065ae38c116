import type { RequestContext } from "@hattip/compose";
import nodeCrypto from "node:crypto";
import sinon from "sinon";
import { session, type Session, type SessionOptions, type SessionStore } from "../../lib/index.js";
import { Device } from "./device.js";
import { setCookies } from "./set-cookie.js";

const ORIGIN = "https://example.com";
const BINDING_PATH = "/.well-known/session-binding/session";

/** The countable costs of one request. */
export interface RequestCost {
  /**
   * Calls of the platform's cryptography, for example `createHmac 2`. Random bytes are drawn in
   * advance, so they are not counted.
   */
  crypto: string[];
  /** The number of calls of `JSON.stringify`. */
  stringify: number;
  /** The number of calls of `JSON.parse`. */
  parse: number;
}

const NODE_CALLS = [
  "createSecretKey",
  "createHmac",
  "timingSafeEqual",
  "createCipheriv",
  "createDecipheriv",
  "hash",
] as const;
const WEB_CALLS = ["importKey", "sign", "verify", "encrypt", "decrypt", "digest"] as const;

/**
 * Visits an app that consists only of `session()` and a handler, so that nothing else is counted.
 */
export class CostlyVisitor {
  readonly #middleware: ReturnType<typeof session>;
  readonly #cookies = new Map<string, string>();
  #offered = "";

  constructor(store: SessionStore, options: Partial<SessionOptions> = {}) {
    this.#middleware = session({ store, defaultSessionData: {}, ...options });
  }

  async visit(handler: (session: Session) => unknown): Promise<RequestCost> {
    return (await this.#send(new Request(ORIGIN, { headers: this.#headers }), handler)).cost;
  }

  /** Registers a key for the session that `regenerate()` has begun. Returns what renews the proof. */
  async bind(): Promise<{ ask(): Promise<RequestCost>; renew(): Promise<RequestCost> }> {
    const device = await Device.make();
    const signed = await device.register(this.#offered);
    const { response } = await this.#post({ "secure-session-response": signed });
    const { session_identifier: id } = (await response.json()) as { session_identifier: string };
    const named = { "sec-secure-session-id": `"${id}"` };
    let challenge = "";
    return {
      ask: async () => {
        const { response: asked, cost } = await this.#post(named);
        challenge = challengeIn(/^"([^"]*)"/, asked, "secure-session-challenge");
        return cost;
      },
      renew: async () => {
        const answer = await device.sign(challenge);
        return (await this.#post({ ...named, "secure-session-response": answer })).cost;
      },
    };
  }

  get #headers(): Record<string, string> {
    const pairs = [...this.#cookies].map(([name, value]) => `${name}=${value}`);
    return pairs.length > 0 ? { cookie: pairs.join("; ") } : {};
  }

  #post(headers: Record<string, string>): Promise<{ response: Response; cost: RequestCost }> {
    const init = { method: "POST", headers: { ...headers, ...this.#headers } };
    return this.#send(new Request(ORIGIN + BINDING_PATH, init), () => {});
  }

  async #send(
    request: Request,
    handler: (session: Session) => unknown,
  ): Promise<{ response: Response; cost: RequestCost }> {
    const answer = new Response();
    const ctx = {
      request,
      cookie: { session: this.#cookies.get("session") },
      handleError: () => new Response(),
      session: undefined as Session | undefined,
      next() {
        if (ctx.session) handler(ctx.session);
        return Promise.resolve(answer);
      },
    };
    const count = startCounting();
    const response = await this.#middleware(ctx as unknown as RequestContext);
    const cost = count();
    for (const { name, value } of setCookies(response)) this.#cookies.set(name, value);
    if (response.headers.has("secure-session-registration")) {
      this.#offered = challengeIn(/;challenge="([^"]*)"/, response, "secure-session-registration");
    }
    return { response, cost };
  }
}

function challengeIn(pattern: RegExp, { headers }: Response, name: string): string {
  return pattern.exec(headers.get(name) ?? "")![1]!;
}

/** Starts counting. The returned function ends it and returns the costs. */
function startCounting(): () => RequestCost {
  const sandbox = sinon.createSandbox();
  const { subtle } = globalThis.crypto;
  const spyOn = (object: object, name: string): sinon.SinonSpy =>
    sandbox.spy(object, name as never);
  const crypto = [
    ...NODE_CALLS.map((name) => [name, spyOn(nodeCrypto, name)] as const),
    ...WEB_CALLS.map((name) => [`subtle.${name}`, spyOn(subtle, name)] as const),
  ];
  const stringify = sandbox.spy(JSON, "stringify");
  const parse = sandbox.spy(JSON, "parse");
  return () => {
    sandbox.restore();
    const called = crypto.filter(([, spy]) => spy.callCount > 0);
    return {
      crypto: called.map(([name, spy]) => `${name} ${spy.callCount}`),
      stringify: stringify.callCount,
      parse: parse.callCount,
    };
  };
}
