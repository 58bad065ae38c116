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
    <p class="fine">These are the events of all visitors. Events contain neither IDs nor data.</p>
  </section>`;
}

function eventItem({ time, request, event }: Entry, current: Request): Html {
  const detail =
    event.type === "fresh" ? event.reason : event.type === "store-failed" ? event.code : null;
  const clock = time.toISOString().slice(11, 19);
  return html`<li class="${request === current ? "now" : ""}">
    <strong>${event.type}</strong> ${detail !== null && html`<em>${detail}</em>`}
    <span class="fine"
      >${request.method} ${new URL(request.url).pathname} at <time>${clock}</time></span
    >
  </li>`;
}
