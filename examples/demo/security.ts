import type { RequestContext } from "@hattip/compose";

/**
 * Rejects forms that another site sends (CSRF). SameSite=Lax already keeps the session's cookie out
 * of such requests. This check also protects the login, which needs no cookie, and it rejects other
 * ports of this host, which a browser treats as the same site. All current browsers send
 * Sec-Fetch-Site. A client without this header is not a browser, so an attacker cannot abuse its
 * cookies.
 */
export function refuseOtherSites({ method, request }: RequestContext): Response | undefined {
  const from = request.headers.get("sec-fetch-site");
  if (method === "GET" || method === "HEAD" || from === null || from === "same-origin") {
    return undefined;
  }
  return new Response("Another site has sent this form.", { status: 403 });
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
