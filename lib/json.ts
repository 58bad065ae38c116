import { SessionError } from "./errors.js";
import { isPlainObject } from "./plain-data.js";
import type { SessionData } from "./record.js";

/**
 * `JSON.stringify` for what JSON can hold. It drops or bends other things without a word, and a session that comes
 * back different from how it went in is worse than an error.
 *
 * @throws {SessionError} `ERR_SESSION_DATA` naming the top-level key that JSON would drop or bend.
 */
export function stringify(data: SessionData): string {
  const ancestors: object[] = [data];
  for (const key of Object.keys(data)) {
    const fault =
      key === "__proto__" ? "a prototype" : faultOf(data[key as keyof SessionData], ancestors);
    if (fault) throw unfit(`session.data[${JSON.stringify(key)}] holds ${fault}`);
  }
  if (!isPlainObject(data)) throw unfit("session.data is an instance of a class");
  if (Object.getOwnPropertySymbols(data).length > 0)
    throw unfit("session.data has a symbol as key");
  return JSON.stringify(data);
}

function unfit(what: string): SessionError {
  return new SessionError(
    "ERR_SESSION_DATA",
    `${what}, which JSON cannot keep. Store plain values, or give the store a stringify and a parse of your own.`,
  );
}

/** What makes the value unfit for JSON, in words; `undefined` when nothing does. */
function faultOf(value: unknown, ancestors: object[]): string | undefined {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? undefined : "NaN or Infinity";
    case "bigint":
    case "function":
    case "symbol":
      return `a ${typeof value}`;
    case "object":
      return value === null ? undefined : faultOfObject(value, ancestors);
    default:
      return undefined;
  }
}

function faultOfObject(value: object, ancestors: object[]): string | undefined {
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") return undefined;
  if (ancestors.includes(value)) return "a cycle";
  ancestors.push(value);
  const fault = Array.isArray(value)
    ? faultOfItems(value, ancestors)
    : faultOfProperties(value, ancestors);
  ancestors.pop();
  return fault;
}

function faultOfItems(items: unknown[], ancestors: object[]): string | undefined {
  for (const item of items) {
    const fault = item === undefined ? "undefined in an array" : faultOf(item, ancestors);
    if (fault) return fault;
  }
  return undefined;
}

function faultOfProperties(value: object, ancestors: object[]): string | undefined {
  if (!isPlainObject(value)) return "an instance of a class without toJSON()";
  for (const key of Object.keys(value)) {
    const fault =
      key === "__proto__" ? "a key __proto__" : faultOf(value[key as keyof object], ancestors);
    if (fault) return fault;
  }
  return Object.getOwnPropertySymbols(value).length > 0 ? "a symbol as key" : undefined;
}

/** How `__proto__` can be written in JSON: as it is, or with escapes. */
const SUSPECT = /__proto__|\\u/;

/** `JSON.parse` without keys `__proto__`: they turn into prototypes as soon as somebody copies the object. */
export function parse(text: string): SessionData {
  return JSON.parse(text, SUSPECT.test(text) ? withoutProto : undefined) as SessionData;
}

function withoutProto(key: string, value: unknown): unknown {
  return key === "__proto__" ? undefined : value;
}
