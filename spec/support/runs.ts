import { preferredEngine } from "../../lib/platform/crypto.js";

const isOnWebCrypto = preferredEngine() === null;

/**
 * The number of random cases that a spec tries. Web Crypto is about forty times slower, so it gets
 * a fortieth of the cases.
 */
export function runs(count: number): number {
  return isOnWebCrypto ? Math.ceil(count / 40) : count;
}

/** The environment variable FC_SEED set to this number repeats the same random cases. */
export const seed = Number(process.env.FC_SEED ?? Date.now() % 2 ** 31);
