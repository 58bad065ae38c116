import type { RequestContext } from "@hattip/compose";
import { createHook } from "node:async_hooks";
import nodeCrypto from "node:crypto";
import sinon from "sinon";
import { session, type Session, type SessionStore } from "../../lib/index.js";

/** What one request costs, in things that can be counted. */
export interface RequestCost {
  /**
   * Calls of the platform's cryptography, such as `createHmac 2`. Randomness is
   * drawn ahead, and not counted.
   */
  crypto: string[];
  /** Calls of `JSON.stringify` and `JSON.parse`. */
  stringify: number;
  parse: number;
  /**
   * Made by the middleware and the store, beyond those of an async function that only passes on.
   */
  promises: number;
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

let promisesMade = 0;

const PROMISES = createHook({
  init(_id, type) {
    if (type === "PROMISE") promisesMade++;
  },
});

/**
 * A browser of an app that has nothing in it but `session()` and a handler, so
 * that nothing else is counted.
 */
export class CostlyVisitor {
  readonly #middleware: Middleware;
  #value: string | undefined;

  constructor(store: SessionStore) {
    this.#middleware = session({ store, defaultSessionData: {} });
  }

  async visit(handler: (session: Session) => unknown): Promise<RequestCost> {
    const pass: Middleware = async (ctx) => ctx.next();
    PROMISES.enable();
    try {
      // The hook also comes upon promises that were there before it, which is over after the first.
      await this.#count(pass, handler);
      const { promises } = await this.#count(pass, handler);
      const cost = await this.#count(this.#middleware, handler);
      return { ...cost, promises: cost.promises - promises };
    } finally {
      PROMISES.disable();
    }
  }

  async #count(
    middleware: Middleware,
    handler: (session: Session) => unknown,
  ): Promise<RequestCost> {
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
    const response = (await middleware(ctx as unknown as RequestContext)) as Response;
    const cost = count();
    for (const header of response.headers.getSetCookie()) {
      this.#value = /^session=([^;]*)/.exec(header)?.[1];
    }
    return cost;
  }
}

type Middleware = (ctx: RequestContext) => unknown;

/** Counts until the function that it returns is called. */
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
  const promisesBefore = promisesMade;
  return () => {
    sandbox.restore();
    const called = crypto.filter(([, spy]) => spy.callCount > 0);
    return {
      crypto: called.map(([name, spy]) => `${name} ${spy.callCount}`),
      stringify: stringify.callCount,
      parse: parse.callCount,
      promises: promisesMade - promisesBefore,
    };
  };
}
