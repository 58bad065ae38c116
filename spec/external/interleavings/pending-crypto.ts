const METHODS = ["importKey", "sign", "verify", "digest"] as const;

/**
 * Runs `work` and counts the calls of Web Crypto that are under way, whose results arrive at any time:
 * with the answer to "is one under way?", the schedule can wait for a request that computes.
 */
export async function countingCrypto<T>(
  work: (isPending: () => boolean) => Promise<T>,
): Promise<T> {
  const prototype = Object.getPrototypeOf(globalThis.crypto.subtle) as Record<string, unknown>;
  const originals = METHODS.map((name) => [name, prototype[name]] as const);
  let pending = 0;
  for (const [name, original] of originals) {
    prototype[name] = async function (...args: unknown[]): Promise<unknown> {
      pending++;
      try {
        return await (original as (...args: unknown[]) => Promise<unknown>).apply(this, args);
      } finally {
        pending--;
      }
    };
  }
  try {
    return await work(() => pending > 0);
  } finally {
    Object.assign(prototype, Object.fromEntries(originals));
  }
}
