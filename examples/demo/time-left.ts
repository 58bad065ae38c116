import type { Times } from "./cookie-anatomy.js";
import { html, type Html } from "./html.js";
import { PACES, type Site } from "./site.js";

/** When the session is over, if there is one. */
export function timeLeft({ pace }: Site, times: Times | undefined): Html {
  const { idleTimeout, absoluteTimeout } = PACES[pace];
  return html`<section aria-labelledby="time">
    <h3 id="time">Time left</h3>
    ${
      times === undefined
        ? html`<p>
            Ends after ${duration(idleTimeout)} without a request, and ${duration(absoluteTimeout)}
            after it began.
          </p>`
        : html`<dl class="facts">
            <dt>Until idle for too long</dt>
            <dd>${countdown(times.expires)}</dd>
            <dt>Until the end in any case</dt>
            <dd>${countdown(times.created + absoluteTimeout)}</dd>
          </dl>`
    }
  </section>`;
}

/** countdown.js keeps it going; without it, it says how much was left when the page was made. */
function countdown(second: number): Html {
  const left = Math.max(0, second - Math.floor(Date.now() / 1000));
  return html`<span role="timer" data-seconds="${left}">${duration(left)}</span>`;
}

/** As countdown.js writes it. */
function duration(seconds: number): string {
  if (seconds >= 172_800) return plural(Math.round(seconds / 86_400), "day");
  if (seconds >= 7200) return plural(Math.round(seconds / 3600), "hour");
  if (seconds >= 120) return plural(Math.round(seconds / 60), "minute");
  return plural(seconds, "second");
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
