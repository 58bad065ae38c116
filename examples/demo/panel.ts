import type { RequestContext } from "@hattip/compose";
import { browserSection } from "./browser-section.js";
import { html, type Html } from "./html.js";
import { lastEvents, newestEvent } from "./last-events.js";
import { heldFor, serverSection, type Snapshot } from "./server-section.js";
import { proofNameOf, valueOf } from "./site-cookie.js";
import { timeLeft } from "./time-left.js";

/** What the record says is not for a thief. */
const UNPROVEN =
  "It has a record for this cookie, and shows it to nobody without a proof of the session's device.";

/** Shows what the browser and the server store after this response. */
export async function panel(ctx: RequestContext, response: Response): Promise<Html> {
  const { site } = ctx.locals;
  const setCookie = response.headers
    .getSetCookie()
    .find((header) => header.startsWith(`${site.cookieName}=`));
  const value = setCookie ? valueOf(setCookie) : (ctx.cookie[site.cookieName] ?? "");
  const session = snapshot(ctx);
  const refused = site.journal.refusalOf(ctx.request);
  const held = await heldFor(site, session, value);
  const device = typeof held === "string" ? undefined : held.anatomy.device;
  const proof = ctx.cookie[proofNameOf(site)] ?? "";
  return html`
    <div class="row">
      <h2 id="panel">What is stored where</h2>
      ${newestEvent(site)}
    </div>
    ${browserSection(site, { value, setCookie, refused, device, proof })}
    ${serverSection(site, session, refused === "unproven" ? UNPROVEN : held)}
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
