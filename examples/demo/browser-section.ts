import type { RejectionReason } from "@hattip/session";
import { dissect } from "./cookie-anatomy.js";
import { devicePart, type DeviceState } from "./device-part.js";
import { html, type Html } from "./html.js";
import { partList, scrollBox } from "./parts.js";
import type { Site } from "./site.js";
import { valueOf } from "./site-cookie.js";

/** What the browser holds, and how it has changed. */
export interface BrowserState extends DeviceState {
  /** The cookie's value after this response. Empty if there is none. */
  readonly value: string;
  /** The header of this response, if it has one for the session. */
  readonly setCookie: string | undefined;
  /** Why the server rejected what the browser sent. */
  readonly refused: RejectionReason | null;
}

/** A cookie of this length does not fit into the box. */
const LONG = 240;

export function browserSection(site: Site, state: BrowserState): Html {
  const { value, setCookie, refused } = state;
  return html`<section aria-labelledby="browser">
    <div class="row">
      <h3 id="browser">Your browser</h3>
      ${value !== "" && sizeOf(site, value)}
    </div>
    ${
      refused !== null &&
      html`<p class="over">
        The server rejected the cookie that your browser sent: ${refused}.
        <span>${WHY[refused]}</span>
      </p>`
    }
    ${
      value === ""
        ? html`<p>No cookie. The server sets one when the session has data to keep.</p>`
        : html`${cookieBox(site, value)} ${partList(dissect(site.store, value))}`
    }
    ${setCookie !== undefined && cookieChange(setCookie)} ${value !== "" && devicePart(site, state)}
  </section>`;
}

function sizeOf({ cookieName, store }: Site, value: string): Html {
  const size = cookieName.length + value.length;
  return html`<p class="fine">
    ${READABLE[store]}: ${size} of 4096 bytes.
    ${size > LONG && html`<strong>Scroll to see them all.</strong>`}
  </p>`;
}

function cookieBox({ cookieName }: Site, value: string): Html {
  return scrollBox(html`<b>${cookieName}</b>=${value}`, "The cookie");
}

function cookieChange(setCookie: string): Html {
  if (valueOf(setCookie) === "") return html`<p class="fine">This response deleted the cookie.</p>`;
  const attributes = setCookie.slice(setCookie.indexOf(";") + 2);
  return html`<p class="fine">This response set the cookie: <code>${attributes}</code></p>`;
}

const READABLE: Record<Site["store"], string> = {
  memory: "A random ID",
  redis: "A random ID",
  signed: "You can read it, but not change it",
  encrypted: "You can neither read nor change it",
  unsigned: "You can read it and change it",
};

const WHY: Record<RejectionReason, string> = {
  malformed: "It does not have this store's format.",
  tampered: "It is not what the server has issued.",
  expired: "The session is over.",
  unknown: "The store has no session under this ID, or none any more.",
  "unknown-key": "Its key is no longer in the key ring.",
  "other-store": "It is the cookie of another store.",
  invalid: "Its data are not those of this app.",
  unproven:
    "The session is bound to a device, and the request did not prove that it comes from there.",
};
