// This simulates a platform without node:crypto. It must run before the library is imported.
process.getBuiltinModule = () => undefined;

const ours = await import("./hattip-session.mjs");

export const title = "this package, Web Crypto only";
export const packages = [];
export const kinds = ["signed", "encrypted"];
export const lacks = {};
export const open = ours.open;
