import type { RequestContext } from "@hattip/compose";
import { browserSection } from "./browser-section.js";
import { html, type Html } from "./html.js";
import { lastEvents, newestEvent } from "./last-events.js";
import { serverSection, type Snapshot } from "./server-section.js";
import { valueOf } from "./site-cookie.js";
import { timeLeft } from "./time-left.js";

/** Shows what the browser and the server store after this response. */
export async function panel(ctx: RequestContext, response: Response): Promise<Html> {
  const { site } = ctx.locals;
  const setCookie = response.headers
    .getSetCookie()
    .find((header) => header.startsWith(`${site.cookieName}=`));
  const value = setCookie ? valueOf(setCookie) : (ctx.cookie[site.cookieName] ?? "");
  const session = snapshot(ctx);
  const refused = site.journal.refusalOf(ctx.request);
  return html`
    <div class="row">
      <h2 id="panel">What is stored where</h2>
      ${newestEvent(site)}
    </div>
    ${browserSection(site, { value, setCookie, refused })}
    ${await serverSection(site, session, value)} ${timeLeft(ctx, session)}
    ${lastEvents(site, ctx.request)}
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
