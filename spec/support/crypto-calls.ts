import nodeCrypto from "node:crypto";
import sinon from "sinon";

/** How often the platform's cryptography has been called since, whichever engine serves. */
export interface CryptoCalls {
  /** HMACs: of subkeys that are derived, and of values. */
  readonly macs: number;
  /** AES-GCM, either way. */
  readonly ciphers: number;
  reset(): void;
  restore(): void;
}

/** Watches `node:crypto` and `crypto.subtle`; nothing is changed. */
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
