import type { RequestContext } from "@hattip/compose";
import nodeCrypto from "node:crypto";
import sinon from "sinon";
import { session, type Session, type SessionStore } from "../../lib/index.js";

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
  #value: string | undefined;

  constructor(store: SessionStore) {
    this.#middleware = session({ store, defaultSessionData: {} });
  }

  async visit(handler: (session: Session) => unknown): Promise<RequestCost> {
    const answer = new Response();
    const ctx = {
      request: new Request("https://example.com/"),
      cookie: { session: this.#value },
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
    for (const header of response.headers.getSetCookie()) {
      this.#value = /^session=([^;]*)/.exec(header)?.[1];
    }
    return cost;
  }
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
