import { html, type Html } from "./html.js";
import { scrollBox } from "./parts.js";
import type { DeviceAnatomy } from "./record-anatomy.js";
import type { Site } from "./site.js";
import { proofNameOf } from "./site-cookie.js";
import { isExternal } from "./stores.js";
import { countdown, toTime } from "./time-left.js";

/** What the server and the browser hold of the session's device. */
export interface DeviceState {
  /** From the record for the browser's cookie. */
  readonly device: DeviceAnatomy | undefined;
  /** The cookie with the proof that this request has sent. Empty if it has none. */
  readonly proof: string;
}

/** Whether the session has a key on this device, and how long the browser's proof of it counts. */
export function devicePart(site: Site, { device, proof }: DeviceState): Html {
  const obstacle = obstacleOf(site);
  if (obstacle) return html`<p class="fine">No key of your device. ${obstacle}</p>`;
  if (!device) return html`<p class="fine">No key of your device. ${UNBOUND}</p>`;
  if (device.key === "") {
    return html`<p class="fine">
      No key of your device yet. The log-in has asked your browser for one, and Chrome on Windows or
      macOS answers in a moment, if it trusts the certificate: reload the page. Others ignore it.
    </p>`;
  }
  return html`${proof !== "" && proofBox(site, proof)}
    <dl class="facts">
      <dt>Bound to the key</dt>
      <dd>${device.key}</dd>
      <dt>Since</dt>
      <dd>${toTime(device.since)}</dd>
      <dt>The proof counts for</dt>
      <dd>
        ${proof === "" ? "this request had none" : countdown(endOf(proof), "0 seconds: reload the page")}
      </dd>
    </dl>
    <p class="fine">${proof === "" ? NO_PROOF : WITH_PROOF}</p>`;
}

/** Why no session of this site can be bound to a device; `null` if it can. */
export function obstacleOf({ store, isSecure }: Site): Html | null {
  if (!isExternal(store)) {
    return html`The ${store} store keeps nothing on the server, so it has no place for a public key.`;
  }
  if (isSecure) return null;
  return OVER_HTTP;
}

const OVER_HTTP = html`Browsers bind sessions over https only. To see it in Chrome 146 or later,
  make a certificate (<code>mkcert -install</code> and <code>mkcert localhost</code>), and start the
  demo anew: <code>TLS_CERT=localhost.pem TLS_KEY=localhost-key.pem bin/demo</code>`;

/** The second at which the proof ends. It stands in front, for everybody to read. */
export function endOf(proof: string): number {
  return Number.parseInt(proof, 10) || 0;
}

function proofBox(site: Site, proof: string): Html {
  return scrollBox(html`<b>${proofNameOf(site)}</b>=${proof}`, "The cookie with the proof");
}

export const UNBOUND: Html = html`A log-in asks your browser for one: Chrome on Windows or macOS has
it.`;

const WITH_PROOF = html`In its last two minutes, or before the next request after that, your browser
signs with the key, and gets a new proof. A copy of both cookies cannot do that.`;

const NO_PROOF = html`In the ten seconds after the binding, a request needs none. Later, the browser
that has the key gets one before its next request.`;
