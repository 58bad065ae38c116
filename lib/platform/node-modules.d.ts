// The modules of Node that lib/node.ts imports: the package is built without @types/node.
declare module "node:buffer" {
  export const Buffer: any;
}

declare module "node:crypto" {
  const crypto: unknown;
  export default crypto;
}

declare module "node:v8" {
  const v8: { startupSnapshot?: { isBuildingSnapshot(): unknown } };
  export default v8;
}
