import type { RequestContext } from "@hattip/compose";
import { html as htmlResponse } from "@hattip/response";
import type { SessionData } from "@hattip/session";
import { accountCard } from "./account-card.js";
import { button } from "./button.js";
import { html, type Html } from "./html.js";
import type { Site } from "./site.js";
import { trialsCard } from "./trials-card.js";

export function homePage(ctx: RequestContext): Response {
  const { site } = ctx.locals;
  const { data } = ctx.session;
  const page = html`
    ${counterCard(site, data)} ${accountCard(ctx)}
    ${data.name !== undefined && notesCard(site, data)} ${trialsCard(ctx)}
  `;
  return htmlResponse(page.text);
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

function notesCard({ path }: Site, { notes }: SessionData): Html {
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
    <form method="post" action="${path}/notes" class="row">
      <label for="note">New note</label>
      <input id="note" name="note" maxlength="1000" required autocomplete="off" />
      <button>Add</button>
    </form>
    ${
      items.length > 0 &&
      html`<ul class="notes">
        ${items}
      </ul>`
    }
  </section>`;
}
