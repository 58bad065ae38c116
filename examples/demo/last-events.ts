import { html, type Html } from "./html.js";
import { isOfThief, type Entry } from "./journal.js";
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

/** Says at the top of the panel what the last click has caused, but not what a thief sees. */
export function newestEvent({ journal }: Site): Html | null {
  const newest = journal.entries.find((entry) => !isOfThief(entry));
  if (!newest) return null;
  return html`<p class="fine">Last event: ${nameOf(newest)} ${clock(newest)}</p>`;
}

function clock({ time }: Entry): Html {
  return html`at <time>${time.toISOString().slice(11, 19)}</time>`;
}

function eventItem(entry: Entry, current: Request): Html {
  const { request, event } = entry;
  const sentence = SENTENCES[event.type === "fresh" ? `fresh ${event.reason}` : event.type];
  return html`<li class="${request === current ? "now" : ""}">
    ${nameOf(entry)}
    <span class="fine">${request.method} ${new URL(request.url).pathname} ${clock(entry)}</span>
    ${sentence !== undefined && html`<p class="fine">${sentence}</p>`}
  </li>`;
}

/** What the events say about the devices of visitors. */
const SENTENCES: Partial<Record<string, string>> = {
  "binding-offered": "The response asked the browser for a key of its device.",
  bound: "The browser has registered a key, and got a first proof.",
  proved: "The browser has signed with its key, and got a new proof.",
  "proof-refused": "The session's device cannot have sent this signature, or it came too late.",
  "refresh-skipped": "The browser had no proof, and said why it did not get one.",
  "fresh unproven": "The session is bound to a device, and the request had no proof of it.",
};

function nameOf({ event }: Entry): Html {
  const detail =
    "reason" in event ? event.reason : event.type === "store-failed" ? event.code : null;
  return html`<strong>${event.type}</strong> ${detail !== null && html`<em>${detail}</em>`}`;
}
