import { cookie } from "@hattip/cookie";
import { session, type RedisSessionStore } from "../../../lib/node.js";
import { answer, appOf, type App } from "../../support/app.js";
import { Tally } from "./tally.js";

type Kind = "read" | "write" | "log in";

/** When the app is not to be overloaded, so many visitors send a request at the same moment. */
const FEW = 100;

/** One visitor, with a session of his own. He sends one request at a time. */
interface Visitor {
  cookie: string;
  /** What the last write has stored that was acknowledged. */
  value: number;
  /** What writes since then may have stored, as far as the visitor can know. */
  readonly maybe: number[];
  /** Whether a log-in has failed: the session may be under an ID that nobody has told him. */
  isAdrift: boolean;
}

/** Visitors, and what they know of their sessions. */
export class Crowd {
  readonly #visitors: Visitor[] = [];
  #writes = 0;

  /** Gives so many visitors their sessions. */
  static async of(count: number, store: RedisSessionStore): Promise<Crowd> {
    const crowd = new Crowd();
    for (let i = 0; i < count; i++) {
      crowd.#visitors.push({ cookie: "", value: 0, maybe: [], isAdrift: false });
    }
    const tally = await crowd.#calmly("write", store);
    if (tally.failures > 0) throw new Error(`Visitors got no session: ${tally.causes()}`);
    return crowd;
  }

  /**
   * All visitors begin in one turn of the event loop. Each sends so many requests, the next one as soon
   * as the last one is answered: of ten visitors, one logs in, four write, and five read.
   *
   * @param workMs how long the process is busy with each request, beside its session
   */
  async rush(requestsEach: number, store: RedisSessionStore, workMs = 0): Promise<Tally> {
    const site = siteOf(store, workMs);
    const tally = new Tally();
    await Promise.all(
      this.#visitors.map(async (visitor, index) => {
        const kind = index % 10 === 0 ? "log in" : index % 2 ? "read" : "write";
        for (let i = 0; i < requestsEach; i++) await this.#visit(site, visitor, kind, tally);
      }),
    );
    return tally;
  }

  /** Reads all sessions, and counts those that are not as their visitor knows them. */
  look(store: RedisSessionStore): Promise<Tally> {
    return this.#calmly("read", store);
  }

  async #calmly(kind: Kind, store: RedisSessionStore): Promise<Tally> {
    const site = siteOf(store);
    const tally = new Tally();
    for (let first = 0; first < this.#visitors.length; first += FEW) {
      const some = this.#visitors.slice(first, first + FEW);
      await Promise.all(some.map((visitor) => this.#visit(site, visitor, kind, tally)));
    }
    return tally;
  }

  /** One request, and what the visitor knows after it. */
  async #visit(site: App, visitor: Visitor, kind: Kind, tally: Tally): Promise<void> {
    const written = ++this.#writes;
    const path = kind === "read" ? "/read" : kind === "write" ? "/write" : "/login";
    const startMs = performance.now();
    const response = await send(site, visitor.cookie, `${path}?value=${written}`);
    tally.milliseconds(performance.now() - startMs);
    const body: any = await response.json();
    if (response.status !== 200) return this.#fail(visitor, kind, written, body, tally);
    const [setCookie] = response.headers.getSetCookie();
    if (setCookie) visitor.cookie = setCookie.split(";")[0]!;
    if (kind === "read") {
      if (!isExpected(visitor, body.value)) tally.wrong(`read ${body.value}`);
      return;
    }
    visitor.value = written;
    visitor.maybe.length = 0;
    visitor.isAdrift = false;
  }

  #fail(visitor: Visitor, kind: Kind, written: number, failure: Failure, tally: Tally): void {
    tally.failed(failure);
    if (kind === "read" || (kind === "write" && isBeforeTheWrite(failure))) return;
    visitor.maybe.push(written);
    if (kind === "log in") visitor.isAdrift = true;
  }
}

/** How an error is told to the visitor, with nothing left out. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly cause: string;
  readonly causeMessage: string;
}

async function send(site: App, cookieHeader: string, path: string): Promise<Response> {
  const request = new Request(`https://example.com${path}`, { headers: { cookie: cookieHeader } });
  return site({
    ...{ request, ip: "127.0.0.1", platform: undefined },
    ...{ env: () => undefined, passThrough() {}, waitUntil() {} },
  });
}

/** Whether nothing of the write has been sent: the client was down, or the load has timed out. */
function isBeforeTheWrite({ message, causeMessage }: Failure): boolean {
  return message.startsWith("Redis cannot be reached") || causeMessage.includes(" to GET ");
}

function isExpected({ value, maybe, isAdrift }: Visitor, found: unknown): boolean {
  if (found === null) return isAdrift;
  return found === value || maybe.includes(found as number);
}

function siteOf(store: RedisSessionStore, workMs = 0): App {
  const value = ({ url }: { url: URL }) => Number(url.searchParams.get("value"));
  return appOf(
    (ctx) => {
      ctx.handleError = (error: any) => {
        const { code = "", message, cause } = error;
        const failure: Failure = {
          ...{ code, message, cause: cause?.name ?? "none", causeMessage: cause?.message ?? "" },
        };
        return Response.json(failure, { status: 503 });
      };
    },
    cookie(),
    session({ store }),
    (ctx) => {
      const endMs = performance.now() + workMs;
      while (performance.now() < endMs);
      return ctx.next();
    },
    answer({
      "/read": (ctx) => ({ value: ctx.session.data.value ?? null }),
      "/write": (ctx) => {
        ctx.session.data.value = value(ctx);
        return {};
      },
      "/login": async (ctx) => {
        await ctx.session.regenerate();
        ctx.session.data.value = value(ctx);
        return {};
      },
    }),
  );
}
