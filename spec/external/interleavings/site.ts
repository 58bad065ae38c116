import { cookie } from "@hattip/cookie";
import type { HattipHandler } from "@hattip/core";
import { DeviceBinding, session } from "../../../lib/index.js";
import { answer, appOf } from "../../support/app.js";
import { Browser } from "../../support/browser.js";
import { setCookies } from "../../support/set-cookie.js";
import type { Actor } from "./actor.js";
import { handle } from "./operations.js";
import { ScheduledStore, type Backend } from "./scheduled-store.js";
import { IDLE_TIMEOUT_SECONDS, PROOF_SECONDS } from "./times.js";

/** The response of a request. */
export interface Outcome {
  readonly actor: Actor;
  readonly status: number;
  /**
   * The cookie value in the response: an ID, or `""` if the response clears the cookie, or
   * `undefined` if it has no Set-Cookie header.
   */
  readonly id: string | undefined;
  /** The challenge of the header that asks for a key. */
  readonly offer: string | undefined;
  /** The challenge for a refresh. */
  readonly challenge: string | undefined;
  /** The proof cookie in the response. */
  readonly proof: string | undefined;
  /** What a browser is told that has sent a request about its key. */
  readonly body: unknown;
}

const BINDING_PATH = "/.well-known/session-binding/session";

/** One process of the app under test. The actors are the platform of their requests. */
export class Site {
  readonly #app: HattipHandler<Actor>;
  readonly #store: ScheduledStore;

  constructor(backend: Backend) {
    this.#store = new ScheduledStore(backend);
    this.#app = appOf(
      (ctx) => {
        ctx.handleError = (error) => {
          (ctx.platform as Actor).error = error;
          return new Response("failed", { status: 500 });
        };
      },
      cookie(),
      session({
        store: this.#store,
        defaultSessionData: {},
        idleTimeout: IDLE_TIMEOUT_SECONDS,
        renewAfter: 1,
        ...(backend.bindsDevices && {
          deviceBinding: new DeviceBinding({ proofSeconds: PROOF_SECONDS }),
        }),
        onEvent: (event, { platform }) => (platform as Actor).log.onEvent(event),
      }),
      answer({ "/": handle }),
    );
  }

  async request(actor: Actor): Promise<Outcome> {
    actor.store = this.#store;
    const browser = new Browser(this.#app, { platform: actor });
    const sent = [
      ...(actor.id === "" ? [] : [`session=${actor.id}`]),
      ...(actor.proof === undefined ? [] : [`session-proof=${actor.proof}`]),
    ].join("; ");
    const response = await (actor.sent
      ? browser.post(BINDING_PATH, { cookie: sent, headers: actor.sent.headers })
      : browser.get("/", { cookie: sent }));
    const cookies = new Map(setCookies(response).map(({ name, value }) => [name, value]));
    if (cookies.size !== setCookies(response).length) throw new Error("A cookie is set twice.");
    const { headers, status } = response;
    const text = actor.sent ? await response.text() : "";
    return {
      actor,
      status,
      id: cookies.get("session"),
      offer: /;challenge="([^"]*)"/.exec(headers.get("secure-session-registration") ?? "")?.[1],
      challenge: /^"([^"]*)"/.exec(headers.get("secure-session-challenge") ?? "")?.[1],
      proof: cookies.get("session-proof"),
      body: text === "" ? undefined : JSON.parse(text),
    };
  }
}
