import type { Awaitable } from "../platform/awaitable.js";
import { encodeBase64url } from "../platform/bytes.js";
import { randomBytes, sha256 } from "../platform/crypto.js";

/** 256 bits. OWASP ASVS 5 (7.2.3) requires 128 random bits, which a UUID does not have. */
const ID_BYTES = 32;
/** Their base64url. The last character has four bits, and two that are zero. */
const ID = /^[\w-]{42}[AEIMQUYcgkosw048]$/;

/** What `ping()` reads. No hash is this one. */
export const HASH_OF_NO_SESSION: string = "ping".padEnd(43, "-");

export function generateSessionId(): string {
  return encodeBase64url(randomBytes(ID_BYTES));
}

/** Whether the value has the form of our IDs: no other value ever reaches a backend. */
export function isSessionId(value: string): boolean {
  return ID.test(value);
}

/** Whether the value has the form of our hashes, which is that of our IDs. */
export const isHash = (value: unknown): value is string =>
  typeof value === "string" && isSessionId(value);

/**
 * The hash by which the backend knows an ID, so that a stolen dump logs nobody in (CVE-2019-16782 in
 * Rack). It is the hash of `<cookie name>=<ID>`, so that the ID of one cookie is invalid in
 * another.
 */
export function hashSessionId(id: string, cookieName: string): Awaitable<string> {
  return sha256(`${cookieName}=${id}`);
}
