// One process of the app, with a store of its own: the process that `AppServer` starts.
import { Browser } from "../../support/browser.js";
import type { SentRequest, SentResponse, ServerSettings } from "./messages.js";
import { openStore } from "./open-store.js";
import { siteOf } from "./site.js";
import { WatchedHooks } from "./watched-hooks.js";

// The parent process has ended.
process.on("disconnect", () => process.exit(1));

const settings = JSON.parse(process.argv[2]!) as ServerSettings;
const store = await openStore(settings);
const site = siteOf(store, new WatchedHooks(store, settings.maxPauseMs));
await store.ping();
process.on("message", (request: SentRequest) => void answer(request));
process.send!("ready");

async function answer({ number, path, cookie }: SentRequest): Promise<void> {
  const response = await new Browser(site).post(path, {
    cookie: cookie === undefined ? "" : `session=${cookie}`,
  });
  const pair = response.headers.getSetCookie()[0]?.split(";", 1)[0];
  process.send!({
    number,
    status: response.status,
    cookie: pair?.slice(pair.indexOf("=") + 1),
    body: response.ok ? await response.json() : null,
    error: response.ok ? undefined : await response.text(),
  } satisfies SentResponse);
}
