import type { Session } from "@hattip/session";
import { html, type Html } from "./html.js";
import { dissectRecord, type RecordKind } from "./record-anatomy.js";
import { plural, toTime } from "./time-left.js";
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
    <p class="key"><code>${store.indexKeyOf(user)}</code></p>
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
  return record === null ? "There is no record any more." : STATES[dissectRecord(record).kind];
}

const STATES: Record<RecordKind, string> = {
  record: "A record.",
  draft: "A draft: the session is on its way to this ID.",
  ended: "A tombstone: the session has ended.",
  moved: "A tombstone: the session has a new ID.",
  unreadable: "A record that the store cannot read.",
};
