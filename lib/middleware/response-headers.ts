/** Whether headers can be added: not to a protocol switch (101), and not to `Response.error()`. */
export function canChangeHeaders(response: Response): boolean {
  return response.status >= 200;
}

/**
 * Changes the headers, or those of a copy where they are immutable, as in `Response.redirect()` and
 * in the response of a `fetch`.
 */
export function withHeaders(response: Response, change: (headers: Headers) => void): Response {
  try {
    change(response.headers);
    return response;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const copy = new Response(response.body, response);
    change(copy.headers);
    return copy;
  }
}

/**
 * Returns a response with which the app cannot answer again. An app may answer many requests with one
 * object (`const HOME = new Response("home")`), and one user's cookie must not stay on it for others.
 *
 * A copy costs time, and turns text into a stream. So a body that cannot be sent twice is not copied:
 * the platform or the adapter fails before it sends the headers.
 */
export function ownResponse(response: Response): Response {
  const body = reusableBody(response);
  if (body === undefined) return response;
  const { status, statusText } = response;
  // New headers, because @whatwg-node/fetch does not copy those that it gets.
  const headers = new Headers(response.headers);
  const own = new Response(body, { status, statusText, headers });
  // For text, the constructor adds a type that the app may have removed.
  if (!response.headers.has("content-type")) own.headers.delete("content-type");
  return own;
}

/** The body, if it can be sent again: `null` where there is none, `undefined` if it cannot. */
function reusableBody(response: Response): BodyInit | null | undefined {
  // The symbol of `@hattip/adapter-node/fast-fetch`, which does not export it. The name matters,
  // because Deno keeps other text under symbols of its own.
  const rawBody = Object.getOwnPropertySymbols(response).find(
    ({ description }) => description === "rawBody",
  );
  // @whatwg-node/fetch, which Hattip uses on Node 16, keeps what the constructor got.
  const kept: unknown = Reflect.get(response, rawBody ?? "bodyInit");
  if (typeof kept === "string" || kept instanceof ArrayBuffer || ArrayBuffer.isView(kept)) {
    return kept as BodyInit;
  }
  const body = response.body as (ReadableStream & { pipe?: unknown; destroyed?: boolean }) | null;
  if (!body) return null;
  // The other polyfill for Node 16 has streams of Node. Hattip sends a used one as an empty body, and
  // sends the headers, too.
  if (body.pipe) return body.destroyed ? null : body;
  return undefined;
}

/**
 * The response depends on the cookie: caches must not serve it to another session
 * (CVE-2023-30861 in Flask).
 */
export function varyByCookie(headers: Headers): void {
  const vary = headers.get("vary");
  if (vary === null) headers.set("vary", "Cookie");
  else if (!/(^|,)\s*(cookie|\*)\s*(,|$)/i.test(vary)) headers.append("vary", "Cookie");
}

/** Headers that control shared caches only. */
const CDN_HEADERS = new Set([
  "cdn-cache-control",
  "cloudflare-cdn-cache-control",
  "deno-cdn-cache-control",
  "netlify-cdn-cache-control",
  "vercel-cdn-cache-control",
  "akamai-cache-control",
  "edge-control",
  "surrogate-control",
  "x-accel-expires",
  "x-litespeed-cache-control",
]);

/** A directive and its value, which contains commas only inside quotes. */
const DIRECTIVE = /[^\s,="]+(="[^"]*"|=[^,"]*)?/g;

/**
 * The response carries a session's cookie: a shared cache must not serve it to another client
 * (CVE-2025-48947 in nextjs-auth0).
 */
export function keepFromSharedCaches(headers: Headers): void {
  for (const name of [...headers.keys()]) if (CDN_HEADERS.has(name)) headers.delete(name);
  const control = headers.get("cache-control");
  if (control === null) {
    headers.set("cache-control", "private");
    return;
  }
  const directives = (control.match(DIRECTIVE) ?? []).filter(
    (directive) => !/^(public|s-maxage(=.*)?)$/i.test(directive.trim()),
  );
  const isPrivate = directives.some((directive) => /^(private|no-store)$/i.test(directive.trim()));
  if (!isPrivate) directives.push("private");
  headers.set("cache-control", directives.join(", "));
}
