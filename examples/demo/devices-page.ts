import { html as htmlResponse } from "@hattip/response";
import type { OwnedSession, Session } from "@hattip/session";
import { button } from "./button.js";
import { html, type Html } from "./html.js";
import { indexCard } from "./index-card.js";
import type { Site } from "./site.js";
import { GENERATION_NUMBER } from "./pages.js";
import { countdown, toTime } from "./time-left.js";

/** "Where you're signed in", and what the store's index holds about it. */
export async function devicesPage(site: Site, session: Session): Promise<Response> {
  const { name } = session.data;
  const store = site.external;
  if (!store) return page(site, noList(site));
  if (name === undefined) {
    return page(site, html`<p>Log in to see your sessions, for example in two browsers.</p>`);
  }
  const sessions = await store.sessionsOf(name);
  return page(site, devices(site, sessions, session), await indexCard(store, name, session));
}

function page({ path }: Site, content: Html, more: Html | null = null): Response {
  const { text } = html`<section class="card" aria-labelledby="devices">
      <h2 id="devices">Where you're signed in</h2>
      ${content}
      <p><a href="${path}/">Back</a></p>
    </section>
    ${more}`;
  return htmlResponse(text);
}

function devices({ path }: Site, sessions: readonly OwnedSession[], current: Session): Html {
  const items = sessions.map((session) => device(path, session, session.id === current.id));
  return html`<ul class="notes">
      ${items}
    </ul>
    ${
      sessions.length > 1
        ? button(`${path}/devices/end-others`, "End all other sessions", "primary")
        : html`<p>To see a second session, log in with the same name in another browser.</p>`
    }`;
}

function device(
  path: string,
  { id, created, expires, data }: OwnedSession,
  isCurrent: boolean,
): Html {
  const label = data.device ?? "Unknown browser";
  return html`<li>
    <div>
      <strong>${label}</strong>
      ${isCurrent && html`<span class="tag">this session</span>`}
      <p class="fine">Since ${toTime(created)}. Time left: ${countdown(expires)}</p>
      <p class="fine"><code>${id}</code></p>
    </div>
    ${
      isCurrent
        ? button(`${path}/logout`, "Log out")
        : html`<form method="post" action="${path}/devices/end">
            <button name="id" value="${id}" aria-label="End the session of ${label}">End</button>
          </form>`
    }
  </li>`;
}

/** What a cookie store has instead. */
function noList({ store }: Site): Html {
  return html`<p>
      There is no list: the ${store} store keeps each session in its cookie, and nothing on the
      server. The server does not know how many there are, and cannot end the one of another
      browser.
    </p>
    <p>
      What a cookie store can do is to end all of them. The app keeps a
      <a href="${GENERATION_NUMBER}">generation number</a>
      with the user, copies it into the session at the login, and compares the two in each request.
      “End all other sessions” raises the number of the user and of this session. All others have
      the older one.
    </p>
    <p>
      The stores <a href="/memory/day/">memory</a> and <a href="/redis/day/">redis</a> have the
      list.
    </p>`;
}
