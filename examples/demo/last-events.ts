import { html, type Html } from "./html.js";
import type { Entry } from "./journal.js";
import type { Site } from "./site.js";

/** The site's journal, in which what this request has caused stands out. */
export function lastEvents({ journal }: Site, current: Request): Html {
  const items = journal.entries.map((entry) => eventItem(entry, current));
  return html`<section aria-labelledby="events">
    <h3 id="events">Last events</h3>
    ${
      items.length > 0
        ? html`<ol class="events">
            ${items}
          </ol>`
        : html`<p>None yet.</p>`
    }
    <p class="fine">Of all visitors: events have neither IDs nor data in them.</p>
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
