import type { SessionRecord } from "../../records/record.js";
import type { Change } from "./changes.js";

/** A changed value, and the cookie name for which a tag without lengths would be right. */
export interface Renamed extends Change {
  readonly cookieName: string;
}

/**
 * A tag over the cookie name and the data, joined without a length between them, is the same for the
 * name `session` with the data `123` and for the name `session1` with the data `23` (CVE-2026-6873 in
 * Django). These are the values of a readable format with one character moved into the name.
 */
export function* withMovedCharacters(
  value: string,
  { text, created, expires }: SessionRecord,
  cookieName: string,
): Generator<Renamed> {
  for (const field of [text, String(created), String(expires)]) {
    const [first, last] = [field.slice(0, 1), field.slice(-1)];
    const moves = [
      { cookieName: cookieName + first, shorter: field.slice(1) },
      { cookieName: last + cookieName, shorter: field.slice(0, -1) },
    ];
    for (const move of moves) {
      for (const changed of withReplaced(value, field, move.shorter)) {
        const how = `with a character of ${field} moved into the cookie's name, ${move.cookieName}`;
        yield { value: changed, how, cookieName: move.cookieName };
      }
    }
  }
}

/** The value with one text of its content replaced, where that can be read. */
function* withReplaced(value: string, old: string, replacement: string): Generator<string> {
  for (const { 0: part, index } of [...value.matchAll(/[\w+/=-]+/g), ...value.matchAll(/^.*$/g)]) {
    for (const { decode, encode } of ENCODINGS) {
      const content = decode(part);
      if (!content.includes(old)) continue;
      const changed = encode(content.replace(old, replacement), part);
      yield value.slice(0, index) + changed + value.slice(index + part.length);
    }
  }
}

/** Both work with one character for each byte. `encode` writes as the original was written. */
interface Encoding {
  decode(text: string): string;
  encode(content: string, original: string): string;
}

const ENCODINGS: readonly Encoding[] = [
  { decode: (text) => text, encode: (content) => content },
  {
    decode: binaryOf,
    encode(content, original) {
      const base64 = btoa(content);
      const padded = original.endsWith("=") ? base64 : base64.replace(/=+$/, "");
      return /[+/]/.test(original) ? padded : padded.replace(/\+/g, "-").replace(/\//g, "_");
    },
  },
];

/** Decodes base64 and base64url; any other character is ignored. */
export function binaryOf(text: string): string {
  const base64 = text
    .replace(/-/g, "+")
    .replace(/_/g, "/")
    .replace(/[^\w+/]/g, "");
  return atob(base64.slice(0, base64.length - (base64.length % 4 === 1 ? 1 : 0)));
}
