import type { RequestContext } from "@hattip/compose";
import { html, type Html } from "./html.js";
import { panel } from "./panel.js";
import { PACES, type Site } from "./site.js";
import { STORES } from "./stores.js";

/** Wraps the handlers' HTML in a page, and adds the panel. */
export async function layout(ctx: RequestContext): Promise<Response> {
  const response = await ctx.next();
  if (response.headers.get("content-type")?.startsWith("text/html") !== true) return response;
  const main = trusted(await response.text());
  const page = document(ctx.locals.site, main, await panel(ctx, response));
  return new Response(page.text, response);
}

/** Marks the handlers' output as HTML that needs no escaping. */
function trusted(text: string): Html {
  return html([text] as unknown as TemplateStringsArray);
}

function document(site: Site, main: Html, aside: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Sessions: ${site.store}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/style.css" />
        <script type="module" src="/countdown.js"></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
          <h1>Sessions</h1>
          ${storeLinks(site)} ${paceLinks(site)}
        </header>
        <div class="columns">
          <main id="main">${main}</main>
          <aside aria-labelledby="panel" class="card">${aside}</aside>
        </div>
      </body>
    </html>`;
}

function storeLinks({ store, pace }: Site): Html {
  const links = STORES.map((name) => link(`/${name}/${pace}/`, name, name === store));
  return html`<nav aria-label="Store">
    <ul>
      ${links}
    </ul>
  </nav>`;
}

function paceLinks({ store, pace }: Site): Html {
  const links = (["day", "minute"] as const).map((name) => {
    const { idleTimeout } = PACES[name];
    const label = name === "day" ? "timeout: 1 day" : `timeout: ${idleTimeout} s`;
    return link(`/${store}/${name}/`, label, name === pace);
  });
  return html`<nav aria-label="Idle timeout">
    <ul>
      ${links}
    </ul>
  </nav>`;
}

function link(href: string, label: string, isCurrent: boolean): Html {
  return isCurrent
    ? html`<li><a href="${href}" aria-current="page">${label}</a></li>`
    : html`<li><a href="${href}">${label}</a></li>`;
}
