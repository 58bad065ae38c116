import { SessionError } from "../errors.js";
import { isPlain, isPlainObject } from "./plain-data.js";
import type { SessionData } from "../session.js";

/**
 * `JSON.stringify`, with an error for values that JSON would silently drop or change: a session that
 * comes back different from what was saved is worse than an error.
 *
 * @throws {SessionError} `ERR_SESSION_DATA` that names the top-level key of such a value.
 */
export function stringify(data: SessionData): string {
  // JSON.stringify comes first because it finds cycles: the checks after it would never end.
  const text = stringifyAnything(data);
  const fault = isPlainObject(data) ? faultOfEntries(data) : FOREIGN;
  if (fault) throw unfit(fault.what, fault.key);
  return text;
}

function stringifyAnything(data: SessionData): string {
  try {
    return JSON.stringify(data);
  } catch {
    const key = keyOfRefused(data);
    const isTree = isPlain(key === undefined ? data : data[key as keyof SessionData]);
    throw unfit(isTree ? "a bigint" : "a cycle, or an instance that JSON refuses", key);
  }
}

function keyOfRefused(data: SessionData): string | undefined {
  return Object.keys(data).find((key) => {
    try {
      JSON.stringify(data[key as keyof SessionData]);
      return false;
    } catch {
      return true;
    }
  });
}

function unfit(what: string, key: string | undefined): SessionError {
  const where = key === undefined ? "session.data" : `session.data[${JSON.stringify(key)}]`;
  return new SessionError(
    "ERR_SESSION_DATA",
    `${where} holds ${what}, which JSON cannot represent. Store plain values, or pass the store your own stringify and parse.`,
  );
}

interface Fault {
  readonly what: string;
  readonly key?: string;
}

const FOREIGN: Fault = { what: "an instance of a class, or a prototype from a key __proto__" };
const INSTANCE: Fault = { what: "an instance of a class without toJSON()" };
const NOT_FINITE: Fault = { what: "NaN or Infinity" };
const SYMBOL_KEY: Fault = { what: "a symbol as key" };
const PROTO_KEY: Fault = { what: "a key __proto__" };
const NO_JSON: Fault = {
  what: "a toJSON() that returns null or undefined, such as that of an invalid Date",
};
const FOREIGN_JSON: Fault = { what: "a toJSON() that returns an instance of a class" };
const UNDEFINED_ITEM: Fault = { what: "undefined in an array" };
const KEYED_ARRAY: Fault = { what: "an array with keys of its own" };

/** Why JSON cannot represent the value; `undefined` when it can. */
function faultOf(value: unknown): Fault | undefined {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? undefined : NOT_FINITE;
    case "function":
    case "symbol":
      return { what: `a ${typeof value}` };
    case "object":
      return value === null ? undefined : faultOfObject(value);
    default:
      return undefined;
  }
}

function faultOfObject(value: object): Fault | undefined {
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") {
    const json: unknown = toJSON.call(value, "");
    if (json === null || json === undefined) return NO_JSON;
    if (typeof json !== "object") return faultOf(json);
    if (json !== value) return faultOfJson(json);
    // It returned itself: JSON calls toJSON() only once, and writes the object's properties.
    return faultOfProperties(json);
  }
  return Array.isArray(value) ? faultOfItems(value) : faultOfEntries(value);
}

function faultOfItems(items: unknown[]): Fault | undefined {
  if (items.includes(undefined)) return UNDEFINED_ITEM;
  if (Object.keys(items).length !== items.length) return KEYED_ARRAY;
  for (const item of items) {
    const fault = faultOf(item);
    if (fault) return fault;
  }
  return undefined;
}

function faultOfJson(json: object): Fault | undefined {
  if (Array.isArray(json)) return faultOfItems(json);
  return isPlainObject(json) ? faultOfProperties(json) : FOREIGN_JSON;
}

function faultOfEntries(value: object): Fault | undefined {
  return isPlainObject(value) ? faultOfProperties(value) : INSTANCE;
}

/** The fault of the first unfit property, with its key. */
function faultOfProperties(value: object): Fault | undefined {
  for (const key of Object.keys(value)) {
    const fault = key === "__proto__" ? PROTO_KEY : faultOf(value[key as keyof object]);
    if (fault) return { what: fault.what, key };
  }
  return Object.getOwnPropertySymbols(value).length > 0 ? SYMBOL_KEY : undefined;
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
