import { html as htmlResponse } from "@hattip/response";
import type { Session, SessionData } from "@hattip/session";
import { button } from "./button.js";
import { html, type Html } from "./html.js";
import type { Site } from "./site.js";
import { isExternal, isKeyed } from "./stores.js";
import { plural } from "./time-left.js";

export function homePage(site: Site, { data, isFresh }: Session): Response {
  const page = html`
    ${data.name === undefined ? loginCard(site) : accountCard(site, data.name)}
    ${counterCard(site, data)} ${notesCard(site, data)} ${mischiefCard(site, data, isFresh)}
  `;
  return htmlResponse(page.text);
}

function loginCard({ path }: Site): Html {
  return html`<section class="card" aria-labelledby="account">
    <h2 id="account">Log in</h2>
    <p>
      You can enter any name. There is no password. The login regenerates the session, which keeps
      the count.
    </p>
    <form method="post" action="${path}/login" class="row">
      <label for="name">Name</label>
      <input id="name" name="name" maxlength="40" required autocomplete="username" />
      <button class="primary">Log in</button>
      <label class="choice"
        ><input type="checkbox" name="remember" /> Remember me on this device</label
      >
    </form>
  </section>`;
}

function accountCard({ path }: Site, name: string): Html {
  return html`<section class="card" aria-labelledby="account">
    <h2 id="account">Hello, ${name}</h2>
    <div class="row">
      ${button(`${path}/regenerate`, "Regenerate")}
      ${button(`${path}/logout`, "Log out", "primary")}
    </div>
    <p><a href="${path}/devices">Where you're signed in</a></p>
  </section>`;
}

function counterCard({ path }: Site, { count }: SessionData): Html {
  return html`<section class="card" aria-labelledby="counter">
    <h2 id="counter">Counter</h2>
    <div class="row">
      <p class="count"><output>${count}</output> ${count === 1 ? "click" : "clicks"}</p>
      ${button(`${path}/count`, "Count", "primary")}
    </div>
  </section>`;
}

function notesCard({ path }: Site, { name, notes }: SessionData): Html {
  const items = notes.map(
    (note, index) =>
      html`<li>
        <span>${note}</span>
        <form method="post" action="${path}/delete-note">
          <input type="hidden" name="index" value="${index}" />
          <button aria-label="Delete the note ${note.slice(0, 40)}">Delete</button>
        </form>
      </li>`,
  );
  return html`<section class="card" aria-labelledby="notes">
    <h2 id="notes">Notes</h2>
    ${
      name === undefined
        ? html`<p>Log in to write notes.</p>`
        : html`<form method="post" action="${path}/notes" class="row">
            <label for="note">New note</label>
            <input id="note" name="note" maxlength="1000" required autocomplete="off" />
            <button class="primary">Add</button>
          </form>`
    }
    ${
      items.length > 0 &&
      html`<ul class="notes">
        ${items}
      </ul>`
    }
  </section>`;
}

function mischiefCard(site: Site, data: SessionData, isFresh: boolean): Html {
  const { path, store } = site;
  return html`<section class="card" aria-labelledby="mischief">
    <h2 id="mischief">Try to break it</h2>
    <dl class="trials">
      <div>
        <dt>${button(`${path}/tamper`, "Tamper with the cookie")}</dt>
        <dd>${TAMPERED[store]} ${isFresh && "You need a session first: click Count."}</dd>
      </div>
      <div>
        <dt>${button(`${path}/race`, "Two requests at once")}</dt>
        <dd>
          Each request adds one to a value of its own and one to a shared value.
          ${isFresh && "You have no session yet, so the server begins one before the two requests."}
          ${
            data.races > 0 &&
            html`<strong>Left ${data.left}, right ${data.right}, shared ${data.counted}.</strong>`
          }
          ${
            isExternal(store)
              ? "This store keeps both changes."
              : "In a cookie store, the later response wins and the other change is lost."
          }
        </dd>
      </div>
      ${
        isKeyed(store) &&
        html`<div>
          <dt>${button(`${path}/rotate`, "Rotate the key")}</dt>
          <dd>
            A new key becomes the first key of the key ring (now ${plural(site.keyCount, "key")}).
            Your cookie stays valid, and the server reissues it at once.
          </dd>
        </div>`
      }
    </dl>
  </section>`;
}

const TAMPERED: Record<Site["store"], string> = {
  memory: "This changes one character of the ID. The store has no session with that ID.",
  redis: "This changes one character of the ID. The store has no session with that ID.",
  signed: "This sets the count to a million. The signature then no longer matches.",
  encrypted: "This changes one character. The server can then no longer decrypt the cookie.",
  unsigned: "This sets the count to a million. The server cannot detect it.",
};
