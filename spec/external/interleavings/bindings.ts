import { createHash, createHmac } from "node:crypto";
import { currentSecond, GRACE_SECONDS } from "./times.js";

/** What the header of a record says of its session's device: `<secret>`, or `<secret>.<since>.<key>`. */
export interface Binding {
  readonly secret: string;
  /** The key of the device, and when it was registered; `null` until then. */
  readonly bound: { readonly key: string; readonly since: number } | null;
}

export function parseBinding(text: string): Binding {
  const [, secret, since, key] = /^([\w-]{43})(?:\.(\d+)\.(\S+))?$/.exec(text)!;
  return { secret: secret!, bound: key === undefined ? null : { key, since: Number(since) } };
}

/** The key to which a session with this binding is bound. */
export function keyIn(text: string | undefined): string | undefined {
  return text === undefined ? undefined : parseBinding(text).bound?.key;
}

/** Whether a request needs a proof now: some that have none may still be under way for ten seconds. */
export function needsProof(text: string | undefined): boolean {
  const bound = text === undefined ? null : parseBinding(text).bound;
  return bound !== null && currentSecond() >= bound.since + GRACE_SECONDS;
}

/** A challenge or a proof: `<second>.<the first 16 bytes of an HMAC>`. */
export function macOf(
  purpose: "registration" | "refresh" | "proof",
  second: number,
  secret: string,
): string {
  const mac = createHmac("sha256", secret).update(`${purpose} ${second}`).digest();
  return `${second}.${mac.subarray(0, 16).toString("base64url")}`;
}

/** What the browser knows its key by. */
export function identifierOf(key: string): string {
  return createHash("sha256").update(`device=${key}`).digest("base64url");
}
