import type { Session } from "@hattip/session";
import { html, type Html } from "./html.js";
import { partList, scrollBox } from "./parts.js";
import {
  dissectRecord,
  withoutSecret,
  type RecordAnatomy,
  type RecordKind,
} from "./record-anatomy.js";
import type { Site } from "./site.js";
import { isKeyed } from "./stores.js";
import { plural } from "./time-left.js";

/** What the panel shows of `ctx.session`. */
export type Snapshot = Pick<Session, "id" | "created" | "expires" | "data">;

/** The record for a cookie; a sentence if there is none. */
export type Held = HeldRecord | string;

export interface HeldRecord {
  readonly key: string;
  readonly stored: string;
  readonly anatomy: RecordAnatomy;
}

/** @param session - `null` if the store does not answer. */
export function serverSection(site: Site, session: Snapshot | null, held: Held): Html {
  const isRecord = typeof held !== "string";
  const sentence = isRecord ? SENTENCES[held.anatomy.kind] : held;
  return html`<section aria-labelledby="server">
    <div class="row">
      <h3 id="server">The server</h3>
      <p class="fine">${sentence}</p>
    </div>
    ${isRecord && details(held)} ${session && handlersData(site, session)}
  </section>`;
}

/**
 * Finds what the server holds.
 *
 * @param value - The cookie's value. It may stand for a session that has ended.
 */
export async function heldFor(site: Site, session: Snapshot | null, value: string): Promise<Held> {
  const { external, store, keyCount, cookieName } = site;
  if (!external) {
    return isKeyed(store)
      ? `It has no session, only the key ring: ${plural(keyCount, "key")}.`
      : "It has nothing.";
  }
  if (session === null) return "The store does not answer.";
  const id = session.id ?? (value && external.idOf(cookieName, value));
  if (!id) return "It has no record.";
  const key = external.keyOf(id);
  const stored = await external.peek(key).catch(() => null);
  if (stored === null) return "It has no record for this cookie.";
  return { key, stored, anatomy: dissectRecord(stored) };
}

function details({ key, stored, anatomy: { parts, device } }: HeldRecord): Html {
  const label = device ? "As it is stored, without the secret" : "As it is stored";
  return html`${partList([...parts, { name: "Key", value: key }])}
    <p class="fine">The key is a hash of the ID. Nobody can compute the cookie from it.</p>
    <details>
      <summary>${label}</summary>
      ${scrollBox(withoutSecret(stored), label)}
    </details>`;
}

const SENTENCES: Record<RecordKind, string> = {
  record: "It has a record for this cookie.",
  draft: "It has a draft: a record under a new ID that no browser has yet.",
  ended:
    "It has a tombstone: the session has ended. For a minute, late requests cannot bring it back.",
  moved: "It has a tombstone: the session has a new ID, and late requests change nothing.",
  unreadable: "It has a record that the store cannot read.",
};

/** Only where the data are encrypted, they are not to be seen elsewhere in the panel. */
function handlersData({ store }: Site, { data }: Snapshot): Html {
  const box = scrollBox(JSON.stringify(data, null, 2), "session.data in the handlers");
  return store === "encrypted"
    ? html`<p>The handlers have this in session.data:</p>
        ${box}`
    : html`<details>
        <summary>session.data in the handlers</summary>
        ${box}
      </details>`;
}
