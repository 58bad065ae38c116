// Before the library is there: as on a platform that has no node:crypto to offer.
process.getBuiltinModule = () => undefined;

const ours = await import("./hattip-session.mjs");

export const title = "this package, Web Crypto only";
export const packages = [];
export const kinds = ["signed", "encrypted"];
export const lacks = {};
export const open = ours.open;
