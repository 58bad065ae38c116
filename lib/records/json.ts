import { SessionError } from "../errors.js";
import type { SessionData } from "../session.js";
import { isPlain, isPlainObject } from "./plain-data.js";

const FOREIGN = "an instance of a class, or a prototype from a key __proto__";
const PROTO_KEY = "a key __proto__";
const SYMBOL_KEY = "a symbol as key";
const NO_JSON = "a toJSON() that returns null or undefined, such as that of an invalid Date";

/**
 * `JSON.stringify`, with an error for values that JSON would silently drop or change: a session that
 * comes back different from what was saved is worse than an error.
 *
 * @throws {SessionError} `ERR_SESSION_DATA` that names the top-level key of such a value.
 */
export function stringify(data: SessionData): string {
  // JSON.stringify comes first because it finds cycles: the checks after it would never end.
  const text = stringifyAnything(data);
  if (!isPlainObject(data)) throw unfit(FOREIGN);
  for (const key of Object.keys(data)) {
    const fault = key === "__proto__" ? PROTO_KEY : faultOf(data[key as keyof SessionData]);
    if (fault !== undefined) throw unfit(fault, key);
  }
  if (hasSymbolKey(data)) throw unfit(SYMBOL_KEY);
  return text;
}

function stringifyAnything(data: SessionData): string {
  try {
    return JSON.stringify(data);
  } catch {
    const key = Object.keys(data).find((one) => !canStringify(data[one as keyof SessionData]));
    const isTree = isPlain(key === undefined ? data : data[key as keyof SessionData]);
    throw unfit(isTree ? "a bigint" : "a cycle, or an instance that JSON refuses", key);
  }
}

function canStringify(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}

function unfit(what: string, key?: string): SessionError {
  const where = key === undefined ? "session.data" : `session.data[${JSON.stringify(key)}]`;
  return new SessionError(
    "ERR_SESSION_DATA",
    `${where} holds ${what}, which JSON cannot represent. Store plain values, or pass the store your own stringify and parse.`,
  );
}

/** Why JSON cannot represent the value; `undefined` when it can. */
function faultOf(value: unknown): string | undefined {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? undefined : "NaN or Infinity";
    case "function":
    case "symbol":
      return `a ${typeof value}`;
    case "object":
      return value === null ? undefined : faultOfObject(value);
    default:
      return undefined;
  }
}

function faultOfObject(value: object): string | undefined {
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") {
    const json: unknown = toJSON.call(value, "");
    if (json === null || json === undefined) return NO_JSON;
    if (typeof json !== "object") return faultOf(json);
    if (Array.isArray(json)) return faultOfItems(json);
    // JSON calls toJSON() only once: if it returned itself, its properties are written.
    if (json === value || isPlainObject(json)) return faultOfProperties(json);
    return "a toJSON() that returns an instance of a class";
  }
  if (Array.isArray(value)) return faultOfItems(value);
  return isPlainObject(value)
    ? faultOfProperties(value)
    : "an instance of a class without toJSON()";
}

function faultOfItems(items: unknown[]): string | undefined {
  if (items.includes(undefined)) return "undefined in an array";
  if (Object.keys(items).length !== items.length) return "an array with keys of its own";
  for (const item of items) {
    const fault = faultOf(item);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function faultOfProperties(value: object): string | undefined {
  for (const key in value) {
    // An app may have extended Object.prototype.
    if (!Object.hasOwn(value, key)) continue;
    const fault = key === "__proto__" ? PROTO_KEY : faultOf(value[key as keyof object]);
    if (fault !== undefined) return fault;
  }
  return hasSymbolKey(value) ? SYMBOL_KEY : undefined;
}

function hasSymbolKey(value: object): boolean {
  return Object.getOwnPropertySymbols(value).length > 0;
}

/**
 * `JSON.parse` without keys `__proto__`: such a key becomes a prototype as soon as code copies the
 * object with assignments.
 */
export function parse(text: string): SessionData {
  // The key can also be written with escapes.
  const isSuspect = text.includes("__proto__") || text.includes("\\u");
  return JSON.parse(text, isSuspect ? withoutProto : undefined) as SessionData;
}

function withoutProto(key: string, value: unknown): unknown {
  return key === "__proto__" ? undefined : value;
}
