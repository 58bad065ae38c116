import type { RequestContext } from "@hattip/compose";
import type { Session } from "@hattip/session";
import { html, type Html } from "./html.js";
import { PACES } from "./site.js";

type Times = Pick<Session, "created" | "expires">;

/** Shows when the session ends, or when a new session would end. */
export function timeLeft(ctx: RequestContext, session: Times | null): Html {
  const { idleTimeout, absoluteTimeout } = PACES[ctx.locals.site.pace];
  const { created, expires } = session ?? {};
  return html`<section aria-labelledby="time">
    <h3 id="time">Time left</h3>
    ${
      created === undefined || expires === undefined
        ? html`<p>
            A session ends after ${duration(idleTimeout)} without a request, or at the latest
            ${duration(absoluteTimeout)} after it began.
          </p>`
        : html`<dl class="facts">
            <dt>Until the idle timeout</dt>
            <dd>${countdown(expires)}</dd>
            <dt>Until the absolute timeout</dt>
            <dd>${countdown(created + absoluteTimeout)}</dd>
          </dl>`
    }
  </section>`;
}

/**
 * countdown.js updates it. Without JavaScript, it shows the time that was left at the response.
 *
 * @param over - What it says when no time is left.
 */
export function countdown(second: number, over = "expired: reload the page"): Html {
  const left = Math.max(0, second - now());
  return html`<span role="timer" data-seconds="${left}" data-over="${over}">${duration(left)}</span
    ><noscript> when the server sent this page</noscript>`;
}

export function toTime(second: number): string {
  return `${new Date(second * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

export function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** countdown.js has the same function. */
function duration(seconds: number): string {
  if (seconds >= 172_800) return plural(Math.round(seconds / 86_400), "day");
  if (seconds >= 7200) return plural(Math.round(seconds / 3600), "hour");
  if (seconds >= 600) return plural(Math.round(seconds / 60), "minute");
  return plural(seconds, "second");
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
