import type { RequestContext } from "@hattip/compose";

/**
 * Refuses forms that another site sends (CSRF). SameSite=Lax keeps the session's cookie away from
 * them already; this also covers logging in, which needs no cookie, and other ports of this host,
 * which are the same site to a browser. Every browser of the last years sends Sec-Fetch-Site; what
 * sends none is no browser, and has no cookies to abuse.
 */
export function refuseOtherSites({ method, request }: RequestContext): Response | undefined {
  const from = request.headers.get("sec-fetch-site");
  if (method === "GET" || method === "HEAD" || from === null || from === "same-origin") {
    return undefined;
  }
  return new Response("This form belongs to another site.", { status: 403 });
}

const HEADERS = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
};

export async function secureHeaders(ctx: RequestContext): Promise<Response> {
  const response = await ctx.next();
  for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value);
  return response;
}
