import type { Site } from "./site.js";

/** The header that gives the session's cookie a value that the demo has made up. */
export function setCookieOf({ cookieName, isSecure }: Site, value: string): string {
  return `${cookieName}=${value}; Path=/; HttpOnly; SameSite=Lax${isSecure ? "; Secure" : ""}`;
}

/** The name of the cookie with the proof of a session that is bound to a device. */
export function proofNameOf({ cookieName }: Site): string {
  return `${cookieName}-proof`;
}

/** The value of the cookie that a Set-Cookie header sets. */
export function valueOf(setCookie: string): string {
  return setCookie.slice(setCookie.indexOf("=") + 1, setCookie.indexOf(";"));
}
