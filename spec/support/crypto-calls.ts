import nodeCrypto from "node:crypto";
import sinon from "sinon";

/** The number of calls of the platform's cryptography since the last reset, on any engine. */
export interface CryptoCalls {
  /** The number of HMACs: they derive subkeys and sign values. */
  readonly macs: number;
  /** The number of AES-GCM encryptions and decryptions. */
  readonly ciphers: number;
  reset(): void;
  restore(): void;
}

/** Counts the calls of `node:crypto` and `crypto.subtle` without changing their results. */
export function watchCrypto(): CryptoCalls {
  const sandbox = sinon.createSandbox();
  const { subtle } = globalThis.crypto;
  const macs = [sandbox.spy(nodeCrypto, "createHmac"), sandbox.spy(subtle, "sign")];
  const ciphers = [
    sandbox.spy(nodeCrypto, "createCipheriv"),
    sandbox.spy(nodeCrypto, "createDecipheriv"),
    sandbox.spy(subtle, "encrypt"),
    sandbox.spy(subtle, "decrypt"),
  ];
  return {
    get macs() {
      return sum(macs);
    },
    get ciphers() {
      return sum(ciphers);
    },
    reset: () => sandbox.resetHistory(),
    restore: () => sandbox.restore(),
  };
}

function sum(spies: Pick<sinon.SinonSpy, "callCount">[]): number {
  return spies.reduce((total, spy) => total + spy.callCount, 0);
}
