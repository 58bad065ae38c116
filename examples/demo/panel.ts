import type { RequestContext } from "@hattip/compose";
import type { Session } from "@hattip/session";
import { dissect, dissectRecord, type Anatomy } from "./cookie-anatomy.js";
import { html, type Html } from "./html.js";
import { lastEvents } from "./last-events.js";
import { valueOf } from "./mischief.js";
import type { Site } from "./site.js";
import { isKeyed } from "./stores.js";
import { plural, timeLeft } from "./time-left.js";
import type { TransparentStore } from "./transparent-stores.js";

/** What the panel shows of `ctx.session`. */
type Snapshot = Pick<Session, "id" | "created" | "expires" | "data">;

/** Shows what the browser and the server store after this response. */
export async function panel(ctx: RequestContext, response: Response): Promise<Html> {
  const { site } = ctx.locals;
  const setCookie = response.headers.getSetCookie().find((it) => it.startsWith(site.cookieName));
  const value = setCookie ? valueOf(setCookie) : (ctx.cookie[site.cookieName] ?? "");
  const session = snapshot(ctx);
  return html`
    <h2 id="panel">What is stored where</h2>
    ${browserHolds(ctx, value, setCookie)} ${await serverHolds(site, session)}
    ${timeLeft(ctx, session)} ${lastEvents(site, ctx.request)}
  `;
}

/** `null` if no handler could use the session, because the store does not answer. */
function snapshot({ session }: RequestContext): Snapshot | null {
  try {
    const { id, created, expires, data } = session;
    return { id, created, expires, data };
  } catch {
    return null;
  }
}

function browserHolds(ctx: RequestContext, value: string, setCookie: string | undefined): Html {
  const { site } = ctx.locals;
  const { cookieName } = site;
  const refused = site.journal.refusalOf(ctx.request);
  return html`<section aria-labelledby="browser">
    <h3 id="browser">Your browser</h3>
    ${
      value === ""
        ? html`<p>No cookie. The server sets one when the session has data to keep.</p>`
        : html`<p class="cookie">
              <code><b>${cookieName}</b>=${value}</code>
            </p>
            <p class="fine">
              ${cookieName.length + value.length} of 4096 bytes. ${READABLE[site.store]}
            </p>
            ${factList(dissect(site.store, value))}`
    }
    ${
      refused !== null &&
      html`<p>
        <strong class="over"
          >The server rejected the cookie that your browser sent: ${refused}.</strong
        >
      </p>`
    }
    ${
      setCookie !== undefined &&
      html`<p class="fine">
        This response set the cookie: <code>${setCookie.slice(setCookie.indexOf(";") + 2)}</code>
      </p>`
    }
  </section>`;
}

const READABLE: Record<Site["store"], string> = {
  memory: "It contains only a random ID.",
  redis: "It contains only a random ID.",
  signed: "You can read it, but you cannot change it.",
  encrypted: "You can neither read nor change it.",
  unsigned: "You can read it and change it.",
};

async function serverHolds(site: Site, session: Snapshot | null): Promise<Html> {
  return html`<section aria-labelledby="server">
    <h3 id="server">The server</h3>
    ${
      site.external
        ? await storedRecord(site.external, session)
        : isKeyed(site.store)
          ? html`<p>
              The server stores no session, only the key ring: ${plural(site.keyCount, "key")}.
            </p>`
          : html`<p>The server stores nothing.</p>`
    }
    <details>
      <summary>session.data in the handlers</summary>
      <pre tabindex="0">${session ? JSON.stringify(session.data, null, 2) : "Unknown"}</pre>
    </details>
  </section>`;
}

async function storedRecord(store: TransparentStore, session: Snapshot | null): Promise<Html> {
  if (session === null) return html`<p>Unknown: the store does not answer.</p>`;
  if (session.id === undefined) return html`<p>The server has no record.</p>`;
  const key = store.keyOf(session.id);
  const record = await store.peek(key).catch(() => null);
  return html`<p>A record. Its key is a hash of the ID. Nobody can compute the cookie from it:</p>
    <p class="cookie"><code>${key}</code></p>
    ${record ? factList(dissectRecord(record)) : null}`;
}

function factList({ facts }: Anatomy): Html {
  const items = facts.map(
    ([name, value]) =>
      html`<dt>${name}</dt>
        <dd>${value}</dd>`,
  );
  return html`<dl class="facts">${items}</dl>`;
}
