import { html, type Html } from "./html.js";
import { README } from "./pages.js";
import { PACES, type Pace, type Site } from "./site.js";
import { ownRedis, STORES, type StoreName } from "./stores.js";

/** What this is, what to do, and where the data of the chosen store are. */
export function header(site: Site): Html {
  return html`<header>
    <h1>@hattip/session</h1>
    <p>
      Sessions for <a href="https://github.com/hattipjs/hattip">Hattip</a> apps. Press
      <strong>Count</strong>, and see what your browser and the server then hold.
      <a href="${README}">Read the README</a>
    </p>
    ${storeLinks(site)} ${paceLinks(site)}
    <p class="fine">${WHERE[site.store]}</p>
  </header>`;
}

const WHERE: Record<StoreName, string> = {
  memory: "memory: the cookie holds a random ID, and the server's memory holds the data.",
  signed: "signed: the cookie holds the data and a signature. The server holds only the key.",
  encrypted: "encrypted: the cookie holds the data, encrypted. The server holds only the key.",
  unsigned: "unsigned: the cookie holds the data. Nothing keeps you from changing them.",
  redis: `redis: the cookie holds a random ID, and Redis holds the data. ${
    ownRedis ? "The demo starts a redis-server for this tab." : "It is the Redis at REDIS_URL."
  }`,
};

function storeLinks({ store, pace }: Site): Html {
  const links = STORES.map((name) => link(`/${name}/${pace}/`, name, name === store));
  return html`<nav aria-label="Store">
    <ul>
      ${links}
    </ul>
  </nav>`;
}

function paceLinks({ store, pace }: Site): Html {
  const links = (Object.keys(PACES) as Pace[]).map((name) => {
    const label = name === "day" ? "timeout: 1 day" : `timeout: ${PACES[name].idleTimeout} s`;
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
