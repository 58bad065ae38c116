// The libraries from which a project can have the types of the web platform.

const DOM = ["dom", "dom.iterable"];
/** The packages in the folder of a platform. Only one version of `@types/node` can be in one. */
export const FOLDERS = {
  browser: [],
  "node-18": ["@types/node@18"],
  "node-26": ["@types/node@26"],
  workers: ["@cloudflare/workers-types@4"],
};
export const BROWSER = { name: "the DOM library", folder: "browser", lib: DOM, keys: ["keys.ts"] };
/** The oldest that declares fetch(). The global names of Web Crypto came with 24. */
export const NODE_18 = {
  name: "@types/node 18",
  folder: "node-18",
  types: ["node"],
  keys: ["node-keys.ts"],
};
const NODE_26 = {
  name: "@types/node 26",
  folder: "node-26",
  types: ["node"],
  keys: ["keys.ts", "node-keys.ts"],
  supports: (typescript) => Number(typescript) >= 5.6,
};
const WORKERS = {
  name: "Workers",
  folder: "workers",
  types: ["@cloudflare/workers-types"],
  keys: ["keys.ts"],
};
/** The others. Each has the programs about keys that fit its types. */
export const OTHER_PLATFORMS = [
  NODE_26,
  { ...NODE_18, name: "the DOM library and @types/node 18", lib: DOM },
  { ...NODE_26, name: "the DOM library and @types/node 26", lib: DOM },
  WORKERS,
];
