/** RFC 6265bis, 5.6: browsers drop a cookie whose name and value together are longer. */
export const MAX_COOKIE_BYTES = 4096;

/** RFC 6265bis, 5.6: browsers ignore an attribute whose value is longer. */
export const MAX_ATTRIBUTE_BYTES = 1024;

/** RFC 6265bis, 5.6.3: browsers keep no cookie longer than 400 days. */
export const MAX_COOKIE_AGE_SECONDS: number = 400 * 86_400;
