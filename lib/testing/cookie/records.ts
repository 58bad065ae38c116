import type { Unsealed } from "../../cookie/cookie-store.js";
import { currentSecond } from "../../records/expiry.js";
import type { SessionRecord } from "../../records/record.js";
import type { RejectionReason } from "../../records/store.js";
import { assertSame } from "../assertions.js";
import { JSON_SHAPES } from "../json-shapes.js";

/** The largest data that every cookie store accepts, in characters of one to four bytes. */
const LARGE_TEXTS: readonly string[] = [
  JSON.stringify({ a: "x".repeat(2500) }),
  JSON.stringify({ a: "\u00E9\u20AC\u{1F36A}".repeat(250) }),
];

/** A record that was created just now. */
export function recordWith(text: string): SessionRecord {
  const created = currentSecond();
  return { text, created, expires: created + 3600 };
}

export function* variousRecords(): Generator<SessionRecord> {
  for (const shape of JSON_SHAPES) yield recordWith(JSON.stringify(shape));
  for (const text of LARGE_TEXTS) yield recordWith(text);
  const { text, created, expires } = recordWith("{}");
  yield { text, created: created - 12_345, expires };
  yield { text, created, expires: expires + 1_234_567 };
}

export function assertOpened(opened: Unsealed | RejectionReason, sealed: SessionRecord): void {
  if (typeof opened === "string") throw new Error(`unseal() rejected the value: ${opened}.`);
  for (const part of ["text", "created", "expires"] as const) {
    assertSame(part, opened[part], sealed[part]);
  }
}
