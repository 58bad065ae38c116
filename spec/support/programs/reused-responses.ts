// Serves an app that answers all requests for a path with one Response object: POST /<kind> logs the
// visitor in, GET /<kind> does not use the session.
// GET /user says who is logged in. Its arguments are a port and the adapter's entry:
// "native-fetch", "fast-fetch", which replaces the global Response, or one of the polyfills for
// Node 16, "node-fetch" and "whatwg-node", for which this program removes Node's own fetch API.
import { SignedCookieStore } from "../../../lib/node.js";
import { app, type Routes } from "../app.js";

const [port, entry] = process.argv.slice(2);

if (entry === "node-fetch" || entry === "whatwg-node") {
  for (const name of ["fetch", "Headers", "Request", "Response"])
    Reflect.deleteProperty(globalThis, name);
}
if (entry === "fast-fetch") await import("@hattip/adapter-node/fast-fetch");
const { createServer } = await (entry === "node-fetch"
  ? import("@hattip/adapter-node")
  : entry === "whatwg-node"
    ? import("@hattip/adapter-node/whatwg-node")
    : import("@hattip/adapter-node/native-fetch"));

const withoutType = new Response("home");
withoutType.headers.delete("content-type");
const headers = {
  "content-type": "text/html",
  "cache-control": "public, max-age=60",
  "cdn-cache-control": "max-age=600",
  "x-kind": "home",
};
const responses: Record<string, Response> = {
  "a text": new Response("<h1>Home</h1>", { headers }),
  "a text without a type": withoutType,
  "a text with a status": new Response("There is none.", { status: 404, statusText: "None" }),
  bytes: new Response(new TextEncoder().encode("home"), { headers }),
  "no body": new Response(null, { headers }),
};

const routes: Routes = {};
for (const [kind, response] of Object.entries(responses)) {
  routes[`/${encodeURIComponent(kind)}`] = (ctx) => {
    if (ctx.method === "POST") ctx.session.data.user = ctx.url.searchParams.get("user");
    return response;
  };
}
routes["/user"] = ({ session: { data } }) => new Response(data.user);

const site = app(
  { store: new SignedCookieStore([await SignedCookieStore.generateKey()]), defaultSessionData: {} },
  routes,
);
createServer(site).listen(Number(port), "127.0.0.1");
