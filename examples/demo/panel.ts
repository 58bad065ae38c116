import type { RequestContext } from "@hattip/compose";
import { backendKey, dissect, dissectRecord, type Anatomy } from "./cookie-anatomy.js";
import { html, type Html } from "./html.js";
import { lastEvents } from "./last-events.js";
import type { Site } from "./site.js";
import { isExternal, isKeyed } from "./stores.js";
import { plural, timeLeft } from "./time-left.js";

/** Shows what the browser and the server store after this response. */
export async function panel(ctx: RequestContext, response: Response): Promise<Html> {
  const { site } = ctx.locals;
  const setCookie = response.headers.getSetCookie().find((it) => it.startsWith(site.cookieName));
  const value = setCookie ? valueOf(setCookie) : (ctx.cookie[site.cookieName] ?? "");
  const cookie = value === "" ? null : dissect(site.store, value);
  const key = isExternal(site.store) && value !== "" ? backendKey(site.cookieName, value) : null;
  const record = key === null ? null : await peek(site, key);
  const refused = refusalOf(site, ctx.request);
  const times = refused !== null && !setCookie ? undefined : (record?.times ?? cookie?.times);
  return html`
    <h2 id="panel">What is stored where</h2>
    ${browserHolds(site, value, cookie, setCookie, refused)} ${serverHolds(ctx, key, record)}
    ${timeLeft(site, times)} ${lastEvents(site, ctx.request)}
  `;
}

function browserHolds(
  site: Site,
  value: string,
  cookie: Anatomy | null,
  setCookie: string | undefined,
  refused: string | null,
): Html {
  const { cookieName } = site;
  return html`<section aria-labelledby="browser">
    <h3 id="browser">Your browser</h3>
    ${
      cookie === null
        ? html`<p>No cookie. The server sets one when the session has data to keep.</p>`
        : html`<p class="cookie">
              <code><b>${cookieName}</b>=${value}</code>
            </p>
            <p class="fine">
              ${cookieName.length + value.length} of 4096 bytes. ${READABLE[site.store]}
            </p>
            ${factList(cookie)}`
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

function serverHolds(ctx: RequestContext, key: string | null, record: Anatomy | null): Html {
  const { site } = ctx.locals;
  return html`<section aria-labelledby="server">
    <h3 id="server">The server</h3>
    ${
      isExternal(site.store)
        ? record === null
          ? html`<p>The server has no record.</p>`
          : html`<p>
                A record. Its key is a hash of the ID. Nobody can compute the cookie from it:
              </p>
              <p class="cookie"><code>${key}</code></p>
              ${factList(record)}`
        : isKeyed(site.store)
          ? html`<p>
              The server stores no session, only the key ring: ${plural(site.keyCount, "key")}.
            </p>`
          : html`<p>The server stores nothing.</p>`
    }
    <details>
      <summary>session.data in the handlers</summary>
      <pre tabindex="0">${dataOf(ctx)}</pre>
    </details>
  </section>`;
}

function factList({ facts }: Anatomy): Html {
  const items = facts.map(
    ([name, value]) =>
      html`<dt>${name}</dt>
        <dd>${value}</dd>`,
  );
  return html`<dl class="facts">${items}</dl>`;
}

/** The reason why the server rejected the cookie of this request, or `null`. */
function refusalOf({ journal }: Site, current: Request): string | null {
  for (const { request, event } of journal.entries) {
    if (request === current && event.type === "fresh") return event.reason;
  }
  return null;
}

async function peek(site: Site, key: string): Promise<Anatomy | null> {
  try {
    const record = await site.peek(key);
    return record ? dissectRecord(record) : null;
  } catch {
    return { facts: [["Unknown", "The store does not answer."]] };
  }
}

function dataOf({ session }: RequestContext): string {
  try {
    return JSON.stringify(session.data, null, 2);
  } catch {
    return "Unknown: the store does not answer.";
  }
}

function valueOf(setCookie: string): string {
  return setCookie.slice(setCookie.indexOf("=") + 1, setCookie.indexOf(";"));
}
