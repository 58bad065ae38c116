const ATTRIBUTES = "; Max-Age=86400; Path=/; HttpOnly; SameSite=Lax; Secure";

export function writeCookie(response, value) {
  response.headers.append("set-cookie", `session=${value}${ATTRIBUTES}`);
}
