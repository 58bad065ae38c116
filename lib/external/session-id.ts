import { andThen, type Awaitable } from "../platform/awaitable.js";
import { decodeBase64url, encodeBase64url } from "../platform/bytes.js";
import { cryptoEngine } from "../platform/crypto.js";

/** 256 bits: more than the 128 that OWASP ASVS 5 (7.2.3) asks for, which a UUID does not have. */
const ID_BYTES = 32;
const ID_LENGTH = 43;

export function generateSessionId(): Awaitable<string> {
  return andThen(cryptoEngine(), (engine) => encodeBase64url(engine.randomBytes(ID_BYTES)));
}

/** Whether it has the form of our IDs: nothing else ever reaches a backend. */
export function isSessionId(value: string): boolean {
  return value.length === ID_LENGTH && decodeBase64url(value) !== null;
}

/**
 * What the backend knows an ID by: a hash, so that a stolen dump logs nobody in
 * (CVE-2019-16782 in Rack). It is the hash of `<cookie name>=<ID>`, so that the ID of one
 * session is worthless as the ID of another.
 */
export function hashSessionId(id: string, cookieName: string): Awaitable<string> {
  return andThen(cryptoEngine(), (engine) => engine.sha256(`${cookieName}=${id}`));
}
