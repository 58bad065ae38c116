import type { Site } from "./site.js";

/** The header that gives the session's cookie a value that the demo has made up. */
export function setCookieOf({ cookieName, isSecure }: Site, value: string): string {
  return `${cookieName}=${value}; Path=/; HttpOnly; SameSite=Lax${isSecure ? "; Secure" : ""}`;
}

/** The value of the cookie that a Set-Cookie header sets. */
export function valueOf(setCookie: string): string {
  return setCookie.slice(setCookie.indexOf("=") + 1, setCookie.indexOf(";"));
}
