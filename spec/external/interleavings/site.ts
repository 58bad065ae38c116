import { cookie } from "@hattip/cookie";
import type { HattipHandler } from "@hattip/core";
import { session } from "../../../lib/index.js";
import { answer, appOf } from "../../support/app.js";
import { Browser } from "../../support/browser.js";
import { setCookies } from "../../support/set-cookie.js";
import type { Actor } from "./actor.js";
import { handle } from "./operations.js";
import { ScheduledStore, type Backend } from "./scheduled-store.js";
import { IDLE_TIMEOUT_SECONDS } from "./times.js";

/** The response of a request. */
export interface Outcome {
  readonly actor: Actor;
  readonly status: number;
  /**
   * The cookie value in the response: an ID, or `""` if the response clears the cookie, or
   * `undefined` if it has no Set-Cookie header.
   */
  readonly id: string | undefined;
}

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
        onEvent: (event, { platform }) => (platform as Actor).log.onEvent(event),
      }),
      answer({ "/": handle }),
    );
  }

  async request(actor: Actor): Promise<Outcome> {
    actor.store = this.#store;
    const browser = new Browser(this.#app, { platform: actor });
    const response = await browser.get("/", {
      cookie: actor.id === "" ? "" : `session=${actor.id}`,
    });
    const [id, ...others] = setCookies(response).map(({ value }) => value);
    if (others.length > 0) throw new Error("The response has several Set-Cookie headers.");
    return { actor, status: response.status, id };
  }
}
