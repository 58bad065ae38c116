import type { Session } from "@hattip/session";
import { html, type Html } from "./html.js";
import { partList, scrollBox } from "./parts.js";
import { dissectRecord, type RecordKind } from "./record-anatomy.js";
import type { Site } from "./site.js";
import { isKeyed } from "./stores.js";
import { plural } from "./time-left.js";
import type { TransparentStore } from "./transparent-stores.js";

/** What the panel shows of `ctx.session`. */
export type Snapshot = Pick<Session, "id" | "created" | "expires" | "data">;

/** What the server has for a cookie. */
interface Held {
  readonly sentence: string;
  readonly details: Html | null;
}

/**
 * @param session - `null` if the store does not answer.
 * @param value - The cookie's value. It may stand for a session that has ended.
 */
export async function serverSection(
  site: Site,
  session: Snapshot | null,
  value: string,
): Promise<Html> {
  const { external } = site;
  const { sentence, details } = external
    ? await record(external, site.cookieName, session, value)
    : nothing(site);
  return html`<section aria-labelledby="server">
    <div class="row">
      <h3 id="server">The server</h3>
      <p class="fine">${sentence}</p>
    </div>
    ${details} ${session && handlersData(site, session)}
  </section>`;
}

function nothing({ store, keyCount }: Site): Held {
  const sentence = isKeyed(store)
    ? `It has no session, only the key ring: ${plural(keyCount, "key")}.`
    : "It has nothing.";
  return { sentence, details: null };
}

async function record(
  store: TransparentStore,
  cookieName: string,
  session: Snapshot | null,
  value: string,
): Promise<Held> {
  if (session === null) return { sentence: "The store does not answer.", details: null };
  const id = session.id ?? (value && store.idOf(cookieName, value));
  if (!id) return { sentence: "It has no record.", details: null };
  const key = store.keyOf(id);
  const stored = await store.peek(key).catch(() => null);
  if (stored === null) return { sentence: "It has no record for this cookie.", details: null };
  const { kind, parts } = dissectRecord(stored);
  const details = html`${partList([...parts, { name: "Key", value: key }])}
    <p class="fine">The key is a hash of the ID. Nobody can compute the cookie from it.</p>
    <details>
      <summary>As it is stored</summary>
      ${scrollBox(stored, "As it is stored")}
    </details>`;
  return { sentence: SENTENCES[kind], details };
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
