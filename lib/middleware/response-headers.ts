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
 * The response depends on the cookie: caches must not serve it to another session
 * (CVE-2023-30861 in Flask).
 */
export function varyByCookie(headers: Headers): void {
  const vary = headers.get("vary");
  if (vary === null) headers.set("vary", "Cookie");
  else if (!/(^|,)\s*(cookie|\*)\s*(,|$)/i.test(vary)) headers.append("vary", "Cookie");
}

/** Headers that control shared caches only. */
const CDN_HEADERS = [
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
];

/** A directive and its value, which contains commas only inside quotes. */
const DIRECTIVE = /[^\s,="]+(="[^"]*"|=[^,"]*)?/g;

/**
 * The response carries a session's cookie: a shared cache must not serve it to another client
 * (CVE-2025-48947 in nextjs-auth0).
 */
export function keepFromSharedCaches(headers: Headers): void {
  for (const name of CDN_HEADERS) headers.delete(name);
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
