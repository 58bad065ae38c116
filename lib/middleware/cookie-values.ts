/** A client can send many values, and each may cost a call of the backend. */
const MAX_VALUES = 4;

/**
 * The values of a cookie in the Cookie header, without repetitions, up to four. A browser sends several
 * cookies of one name if they have different paths or domains (RFC 6265, 5.4).
 */
export function cookieValues(request: Request, name: string, first?: string): string[] {
  const values = new Set(first === undefined ? [] : [first]);
  for (const pair of (request.headers.get("cookie") ?? "").split(";")) {
    const end = pair.indexOf("=");
    if (end < 0 || pair.slice(0, end).trim() !== name) continue;
    values.add(pair.slice(end + 1).trim());
    if (values.size === MAX_VALUES) break;
  }
  return [...values];
}
