import type { RequestContext } from "@hattip/compose";
import { button } from "./button.js";
import { copyState } from "./copied-cookie.js";
import { copyOffer, copyOutcome } from "./copy-lesson.js";
import { html, type Html } from "./html.js";
import type { Site } from "./site.js";
import { isExternal } from "./stores.js";

/** The log-in, or the user's name. After a log-out, also what a copy of the cookie is worth. */
export function accountCard(ctx: RequestContext): Html {
  const { site } = ctx.locals;
  const { name } = ctx.session.data;
  const copy = copyState(ctx);
  return html`<section class="card" aria-labelledby="account">
    ${name === undefined ? login(site) : account(site, name)}
    ${copy === "in use" && copyOutcome(ctx)}
    ${copy === "kept" && name === undefined && copyOffer(site)}
    ${copy === "stolen" && name === undefined && html`<p><a href="#thief">What the thief sees now</a></p>`}
  </section>`;
}

function login({ path }: Site): Html {
  return html`<h2 id="account">Log in</h2>
    <p>Any name will do. There is no password. The cookie gets a new value, and the count stays.</p>
    <form method="post" action="${path}/login" class="row">
      <label for="name">Name</label>
      <input id="name" name="name" maxlength="40" required autocomplete="username" />
      <button>Log in</button>
      <label class="choice"
        ><input type="checkbox" name="remember" /> Remember me on this device</label
      >
    </form>`;
}

function account({ path, store }: Site, name: string): Html {
  return html`<h2 id="account">Hello, ${name}</h2>
    <div class="row">
      ${button(`${path}/logout`, "Log out")} ${button(`${path}/regenerate`, "Regenerate")}
    </div>
    <p class="fine">
      At the log-out, the demo keeps a copy of the cookie for you to try.
      ${
        isExternal(store)
          ? "Regenerate gives the session a new ID, as a log-in does."
          : "Regenerate gives the cookie a new value, as a log-in does."
      }
    </p>
    <p><a href="${path}/devices#devices">Where you're signed in</a></p>`;
}
