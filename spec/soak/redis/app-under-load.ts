import type { RequestContext } from "@hattip/compose";
import { session, type RedisSessionStore } from "../../../lib/node.js";
import { cookie } from "@hattip/cookie";
import { answer, appOf, type App } from "../../support/app.js";

/** A session is renewed every few seconds, so that some requests that only read also write. */
const RENEW_AFTER_SECONDS = 3;

/** What a response tells of its session. A session that does not exist has no marker. */
export interface Seen {
  /** Each session holds a marker of its own. */
  readonly marker?: string;
  readonly count?: number;
}

export function appUnderLoad(store: RedisSessionStore): App {
  const seen = ({ session: { data } }: RequestContext): Seen => ({
    marker: data.marker,
    count: data.count,
  });
  return appOf(
    cookie(),
    session({ store, defaultSessionData: {}, renewAfter: RENEW_AFTER_SECONDS }),
    answer({
      "/begin": (ctx) => {
        const { marker, bytes } = Object.fromEntries(ctx.url.searchParams);
        Object.assign(ctx.session.data, { marker, count: 0, text: "x".repeat(Number(bytes)) });
        return seen(ctx);
      },
      "/read": seen,
      "/update": async (ctx) => {
        // A session that does not exist stays as it is: the visitor must notice it.
        if (ctx.session.data.marker) await ctx.session.update((data) => void data.count++);
        return seen(ctx);
      },
      "/login": async (ctx) => {
        await ctx.session.regenerate();
        return seen(ctx);
      },
      "/logout": async (ctx) => {
        const before = seen(ctx);
        await ctx.session.destroy();
        return before;
      },
    }),
  );
}
