import type { RequestContext } from "@hattip/compose";
import type { SessionData } from "@hattip/session";
import { button } from "./button.js";
import { html, type Html } from "./html.js";
import type { Site } from "./site.js";
import { isExternal, isKeyed } from "./stores.js";
import { thiefTrial } from "./thief-trial.js";
import { plural } from "./time-left.js";

/** Buttons for what can go wrong. */
export function trialsCard(ctx: RequestContext): Html {
  const { site } = ctx.locals;
  const { data, isFresh } = ctx.session;
  return html`<section class="card" aria-labelledby="trials">
    <h2 id="trials">Try to break it</h2>
    <dl class="trials">
      ${thiefTrial(ctx)} ${tampering(site, isFresh)} ${race(site, data, isFresh)}
      ${isKeyed(site.store) && rotation(site, isFresh)}
    </dl>
  </section>`;
}

function tampering({ path, store }: Site, isFresh: boolean): Html {
  return html`<div id="tamper">
    <dt>${button(`${path}/tamper`, "Tamper with the cookie")}</dt>
    <dd>${TAMPERED[store]} ${isFresh && "You need a session first: press Count."}</dd>
  </div>`;
}

const TAMPERED: Record<Site["store"], string> = {
  memory: "This changes one character of the ID. The store has no session with that ID.",
  redis: "This changes one character of the ID. The store has no session with that ID.",
  signed: "This sets the count to a million. The signature then no longer matches.",
  encrypted: "This changes one character. The server can then no longer decrypt the cookie.",
  unsigned: "This sets the count to a million. The server cannot detect it.",
};

function race({ path, store }: Site, { left, right, shared }: SessionData, isFresh: boolean): Html {
  return html`<div id="race">
    <dt>${button(`${path}/race`, "Two requests at once")}</dt>
    <dd>
      Each request adds one to a value of its own and one to a shared value.
      ${isFresh && "You have no session yet, so the server begins one before the two requests."}
      ${
        left !== undefined &&
        right !== undefined &&
        shared !== undefined &&
        html`<strong>Left ${left}, right ${right}, shared ${shared}.</strong>`
      }
      ${
        isExternal(store)
          ? "This store keeps both changes."
          : "In a cookie store, the later response wins and the other change is lost."
      }
    </dd>
  </div>`;
}

function rotation({ path, keyCount }: Site, isFresh: boolean): Html {
  return html`<div id="rotate">
    <dt>${button(`${path}/rotate`, "Rotate the key")}</dt>
    <dd>
      A new key becomes the first key of the ring, which keeps three (now
      ${plural(keyCount, "key")}).
      ${
        isFresh
          ? "Cookies under the other keys stay valid, and the server reissues them."
          : "Your cookie stays valid, and the server reissues it at once."
      }
    </dd>
  </div>`;
}
