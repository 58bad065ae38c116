import type { Change } from "./changes.js";

const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const OTHER_ALPHABET: Record<string, string> = { "-": "+", _: "/", "+": "-", "/": "_" };
const BITS = [1, 2, 4, 8, 16, 32];

/** What a client may write instead of one character. */
export function lettersFor(value: string, at: number): Set<string> {
  const old = value[at]!;
  const index = BASE64URL.indexOf(
    OTHER_ALPHABET[old] && /[+/]/.test(old) ? OTHER_ALPHABET[old] : old,
  );
  const letters = new Set<string>();
  const isEdge = at === 0 || at === value.length - 1;
  if (isEdge) {
    // A version or a kind; and the last character of base64, which has unused bits.
    for (const letter of BASE64URL) letters.add(letter);
  }
  if (index < 0) {
    // A separator, or an encoding with more characters than base64.
    for (const letter of ".~:!|*$") letters.add(letter);
    for (const bit of [1, 2, 4]) letters.add(String.fromCharCode(old.charCodeAt(0) ^ bit));
  } else {
    // The last characters of each part have unused bits, too.
    const endsPart = at < 4 || at >= value.length - 4 || /^.?[^\w+/=-]/.test(value.slice(at + 1));
    const bits = endsPart ? BITS : [1, BITS[at % BITS.length]!];
    for (const bit of bits) letters.add(BASE64URL[index ^ bit]!);
  }
  if (OTHER_ALPHABET[old]) letters.add(OTHER_ALPHABET[old]);
  letters.add(old.toLowerCase()).add(old.toUpperCase());
  letters.delete(old);
  return letters;
}

/** Changes that a lenient decoder, parser or proxy undoes. */
export function* wholeChanges(value: string): Generator<Change> {
  for (const character of new Set(value)) {
    const code = character.charCodeAt(0).toString(16).padStart(2, "0");
    const [first, last] = [value.indexOf(character), value.lastIndexOf(character)];
    for (const [at, escape] of [
      [first, `%${code.toUpperCase()}`],
      [last, `%${code.toLowerCase()}`],
    ] as const) {
      const how = `with ${escape} for ${JSON.stringify(character)} at character ${at + 1} of ${value.length}`;
      yield { value: value.slice(0, at) + escape + value.slice(at + 1), how };
    }
  }
  const middle = value.length >> 1;
  const rewritten: Record<string, string> = {
    "with all characters percent-encoded": value.replace(
      /[^]/g,
      (character) => `%${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
    ),
    "in quotes": `"${value}"`,
    "between spaces": ` ${value} `,
    "in lower case": value.toLowerCase(),
    "in upper case": value.toUpperCase(),
    "in the alphabet of base64, not base64url": value.replace(/-/g, "+").replace(/_/g, "/"),
    "in the alphabet of base64url, not base64": value.replace(/\+/g, "-").replace(/\//g, "_"),
    "without its padding": value.replace(/=/g, ""),
    "with padding": value.padEnd(Math.ceil(value.length / 4) * 4, "="),
    "repeated twice": value + value,
    "repeated twice, with a comma between": `${value},${value}`,
    "with its halves swapped": value.slice(middle) + value.slice(0, middle),
  };
  for (const [how, changed] of Object.entries(rewritten)) yield { value: changed, how };
}
