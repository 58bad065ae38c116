import * as ours from "./hattip-session.mjs";

export const title = "this package, Web Crypto only";
export const packages = [];
export const kinds = ["signed", "encrypted"];
export const lacks = {};

export function open(kind, options) {
  return ours.open(kind, { ...options, entry: "index" });
}
