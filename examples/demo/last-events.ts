import { html, type Html } from "./html.js";
import type { Entry } from "./journal.js";
import type { Site } from "./site.js";

/** Lists the site's events, and highlights the events of the current request. */
export function lastEvents({ journal }: Site, current: Request): Html {
  const items = journal.entries.map((entry) => eventItem(entry, current));
  return html`<section aria-labelledby="events">
    <h3 id="events">Last events</h3>
    ${
      items.length > 0
        ? html`<ol class="events">
            ${items}
          </ol>`
        : html`<p>No events yet.</p>`
    }
    <p class="fine">
      These are the events of all visitors, newest first. A bar marks those of this page. Events
      contain neither IDs nor data.
    </p>
  </section>`;
}

/** Says at the top of the panel what the last click has caused. */
export function newestEvent({ journal }: Site): Html | null {
  const [newest] = journal.entries;
  if (!newest) return null;
  return html`<p class="fine">Last event: ${nameOf(newest)} ${clock(newest)}</p>`;
}

function clock({ time }: Entry): Html {
  return html`at <time>${time.toISOString().slice(11, 19)}</time>`;
}

function eventItem(entry: Entry, current: Request): Html {
  const { request } = entry;
  return html`<li class="${request === current ? "now" : ""}">
    ${nameOf(entry)}
    <span class="fine">${request.method} ${new URL(request.url).pathname} ${clock(entry)}</span>
  </li>`;
}

function nameOf({ event }: Entry): Html {
  const detail =
    event.type === "fresh" ? event.reason : event.type === "store-failed" ? event.code : null;
  return html`<strong>${event.type}</strong> ${detail !== null && html`<em>${detail}</em>`}`;
}
