import type { RequestContext } from "@hattip/compose";
import { button } from "./button.js";
import { html, type Html } from "./html.js";
import { GENERATION_NUMBER, WHICH_STORE } from "./pages.js";
import type { Site } from "./site.js";
import { isExternal } from "./stores.js";

/** For a visitor who has logged out at some time. */
export function copyOffer({ path }: Site): Html {
  return html`<div class="lesson">
    <p>Somebody may have copied your cookie before you logged out. The demo has such a copy:</p>
    ${button(`${path}/use-copy`, "Use a copy of the cookie from before the log-out")}
  </div>`;
}

/** What the server makes of the copy. */
export function copyOutcome(ctx: RequestContext): Html {
  const { site } = ctx.locals;
  if (isExternal(site.store)) return refusedForGood(site);
  return ctx.session.data.name === undefined ? refused(ctx) : loggedIn();
}

function refusedForGood({ store }: Site): Html {
  return html`<p class="lesson">
    <strong>The copy is worth nothing.</strong> The log-out ended the record in the ${store} store,
    so no copy of the cookie works, wherever it is. <a href="${WHICH_STORE}">Which store?</a>
  </p>`;
}

function loggedIn(): Html {
  return html`<p class="lesson">
    <strong>The copy has logged you in again.</strong> The server keeps nothing that the log-out
    could end, so a copy works, and is renewed, until the absolute timeout. Two remedies: a
    <a href="${GENERATION_NUMBER}">generation number</a> in the user's record, or an
    <a href="${WHICH_STORE}">external store</a>. Try the same with
    <a href="/memory/day/">memory</a> or <a href="/redis/day/">redis</a>.
  </p>`;
}

/** A copy in a cookie store ends by its own expiry, or with its key. */
function refused({ locals: { site }, request }: RequestContext): Html {
  return html`<p class="lesson">
    <strong>The server rejected the copy: ${site.journal.refusalOf(request)}.</strong> The log-out
    is not the reason. Until then, the copy would have logged you in again.
  </p>`;
}
