import type { Session } from "@hattip/session";
import { toTime } from "./cookie-anatomy.js";
import { html, type Html } from "./html.js";
import { plural } from "./time-left.js";
import type { IndexEntry, TransparentStore } from "./transparent-stores.js";

/** Shows the user's entry for each session, and what is under its key. */
export async function indexCard(
  store: TransparentStore,
  user: string,
  session: Session,
): Promise<Html> {
  const current = session.id === undefined ? "" : store.keyOf(session.id);
  const entries = await store.entriesOf(user);
  const items = await Promise.all(
    entries.map(async (entry) => item(entry, await store.peek(entry.key), entry.key === current)),
  );
  return html`<section class="card" aria-labelledby="index">
    <h2 id="index">What the index holds</h2>
    <p>
      Under a hash of the name, the server has, for each session, the key of its record:
      ${plural(entries.length, "key")}.
    </p>
    <p class="cookie"><code>${store.indexKeyOf(user)}</code></p>
    <ul class="notes">
      ${items}
    </ul>
    <p class="fine">
      An entry only says where to look: the list has the sessions whose record is there, and is this
      user's. The server notes an entry before it writes the record, and an entry outlives its
      session by a minute.
    </p>
  </section>`;
}

function item({ key, score }: IndexEntry, record: string | null, isCurrent: boolean): Html {
  return html`<li>
    <div>
      <code>${key}</code>
      <p class="fine">
        ${score !== undefined && html`Score ${score}: until ${toTime(score / 1000)}.`}
        ${isCurrent ? "Your record." : stateOf(record)}
      </p>
    </div>
  </li>`;
}

function stateOf(record: string | null): string {
  if (record === null) return "There is no record any more.";
  return /^1\.\d+\.0\./.test(record) ? "The session has ended or moved." : "There is a record.";
}
