import type { RequestContext } from "@hattip/compose";
import { header } from "./header.js";
import { html, type Html } from "./html.js";
import { panel } from "./panel.js";
import type { Site } from "./site.js";

/** Wraps the handlers' HTML in a page, and adds the panel. */
export async function layout(ctx: RequestContext): Promise<Response> {
  const response = await ctx.next();
  const { headers } = response;
  if (headers.get("content-type")?.startsWith("text/html") !== true) return response;
  // The page with which session() lets a browser come again, with the proof of its device.
  if (headers.has("refresh")) return response;
  const main = trusted(await response.text());
  const page = document(ctx.locals.site, main, await panel(ctx, response));
  const answer = new Response(page.text, response);
  // The browser's Back button must not show what the browser and the server held some clicks ago.
  answer.headers.set("cache-control", "no-store");
  return answer;
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
        <title>@hattip/session demo: ${site.store}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/style.css" />
        <script type="module" src="/countdown.js"></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        ${header(site)}
        <div class="columns">
          <main id="main">${main}</main>
          <aside aria-labelledby="panel" class="card" tabindex="0">${aside}</aside>
        </div>
      </body>
    </html>`;
}
