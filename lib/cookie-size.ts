/** RFC 6265bis, 5.6: browsers drop a cookie whose name and value take more. */
export const MAX_COOKIE_BYTES = 4096;

/** Of a cookie, both of whose parts are ASCII. */
export function cookieBytes(name: string, value: string): number {
  return name.length + value.length;
}
