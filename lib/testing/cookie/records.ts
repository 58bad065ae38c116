import type { Unsealed } from "../../cookie/cookie-store.js";
import { currentSecond } from "../../records/expiry.js";
import type { SessionRecord } from "../../records/record.js";
import type { RejectionReason } from "../../records/store.js";
import { assertSame } from "../assertions.js";
import { JSON_SHAPES } from "../json-shapes.js";
import { LONGEST_TIMEOUT_SECONDS } from "./sealed-cookies.js";

/** The largest data that every cookie store accepts, in characters of one to four bytes. */
const LARGE_TEXTS: readonly string[] = [
  JSON.stringify({ a: "x".repeat(2500) }),
  JSON.stringify({ a: "\u00E9\u20AC\u{1F36A}".repeat(250) }),
];

/**
 * Texts that an app's own `stringify` may return: any, except those with lone surrogates. TextDecoder
 * drops U+FEFF at the beginning, unless it is told not to.
 */
const UNUSUAL_TEXTS: readonly string[] = [
  ...["", " ", "\n", "0", "null", " {} ", "\t{}\t", "{}\n", "\r\n{}\r\n", "\u00A0{}\u3000"],
  ...["\uFEFF{}", "{}\uFEFF", "a\0b", "\0{}", "{}\0", "@- @", "not JSON", "a.b~c:d|e;f,g=h&i%2Ej"],
];

/** A record that was created just now. */
export function recordWith(text: string): SessionRecord {
  const created = currentSecond();
  return { text, created, expires: created + 3600 };
}

export function* variousRecords(): Generator<SessionRecord> {
  for (const shape of JSON_SHAPES) yield recordWith(JSON.stringify(shape));
  for (const text of [...UNUSUAL_TEXTS, ...LARGE_TEXTS]) yield recordWith(text);
  const { text, created, expires } = recordWith("{}");
  yield { text, created: created - 12_345, expires };
  yield { text, created, expires: expires + 1_234_567 };
  yield { text, created, expires: created + LONGEST_TIMEOUT_SECONDS };
}

export function assertOpened(opened: Unsealed | RejectionReason, sealed: SessionRecord): void {
  if (typeof opened === "string") throw new Error(`unseal() rejected the value: ${opened}.`);
  for (const part of ["text", "created", "expires"] as const) {
    assertSame(part, opened[part], sealed[part]);
  }
}
