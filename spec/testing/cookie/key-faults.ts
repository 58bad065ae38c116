import {
  SignedCookieStore,
  type Keys,
  type RejectionReason,
  type SessionRecord,
  type SessionScope,
  type Unsealed,
} from "../../../lib/index.js";
import { SENTENCES, type Fault } from "./fault.js";
import { KEY, MacStore, NEW_KEY, OLD_KEY } from "./simple-stores.js";

type Answer = Unsealed | RejectionReason;

/** A fault that only a key rotation shows. */
function rotating(store: typeof MacStore, breaks: string[], says: RegExp): Fault {
  const create = () => new store([KEY, OLD_KEY]);
  const rotated = () => new store([NEW_KEY, KEY, OLD_KEY]);
  return { options: { create, rotated }, breaks, says };
}

const UNREACHABLE: Keys = () => Promise.reject(new Error("The key service is down."));
const keys = SignedCookieStore.generateKey().then((key) => [key]);

/** A store of this package whose `unseal` handles an error of the keys. */
function failing(handle: (error: unknown) => RejectionReason, breaks: string[]): Fault {
  class Swallowing extends SignedCookieStore {
    protected override async unseal(value: string, scope: SessionScope): Promise<Answer> {
      try {
        return await super.unseal(value, scope);
      } catch (error) {
        return handle(error);
      }
    }
  }
  const create = () => new Swallowing(keys);
  return { options: { create, broken: () => new Swallowing(UNREACHABLE) }, breaks };
}

export const KEY_FAULTS: Record<string, Fault> = {
  "never reports a value as outdated": rotating(
    class extends MacStore {
      protected override unseal(value: string, scope: SessionScope): Answer {
        const opened = super.unseal(value, scope);
        return typeof opened === "string" ? opened : { ...opened, outdated: false };
      }
    },
    [SENTENCES.oldKey, SENTENCES.reissued],
    /outdated is false, not true|still holds the old value/,
  ),
  "reports every value as outdated": rotating(
    class extends MacStore {
      protected override unseal(value: string, scope: SessionScope): Answer {
        const opened = super.unseal(value, scope);
        return typeof opened === "string" ? opened : { ...opened, outdated: true };
      }
    },
    [SENTENCES.notOutdated, SENTENCES.newKey, SENTENCES.reissued],
    /outdated is true, not false|instead is outdated/,
  ),
  "opens only the values of its first key": rotating(
    class extends MacStore {
      constructor([first]: readonly Buffer[] = []) {
        super([first!]);
      }
    },
    [SENTENCES.oldKey, SENTENCES.reissued],
    /rejected a value of the old key: tampered\. The option `rotated` makes|The session's data/,
  ),
  "seals with its last key": rotating(
    class extends MacStore {
      protected override tagOf(content: string, name: string, key: Buffer): string {
        return super.tagOf(content, name, key === this.keys[0] ? this.keys.at(-1)! : key);
      }
    },
    [SENTENCES.oldKey, SENTENCES.newKey, SENTENCES.reissued],
    /outdated is|A store without the new key opened the value|still holds the old value/,
  ),
  "seals again with the key that opened the value": rotating(
    class extends MacStore {
      #opened: Buffer | undefined;
      protected override isTag(tag: string, right: string): boolean {
        return tag === right;
      }
      protected override unseal(value: string, scope: SessionScope): Answer {
        const [content = "", tag] = value.split(".");
        this.#opened = this.keys.find((key) => tag === this.tagOf(content, scope.cookieName, key));
        return super.unseal(value, scope);
      }
      protected override seal(record: SessionRecord, scope: SessionScope): string {
        const content = this.encode(record);
        const key = this.#opened ?? this.keys[0]!;
        return `${content}.${this.tagOf(content, scope.cookieName, key)}`;
      }
    },
    [SENTENCES.reissued],
    /still holds the old value|instead is outdated/,
  ),
  "binds no old value to the cookie name": rotating(
    class extends MacStore {
      protected override tagOf(content: string, name: string, key: Buffer): string {
        const isNew = key === NEW_KEY || !this.keys.includes(NEW_KEY);
        return super.tagOf(content, isNew ? name : "session", key);
      }
    },
    [SENTENCES.oldKey],
    /opened a value of the old key under another cookie name/,
  ),
  "throws for a value of an unknown key": rotating(
    class extends MacStore {
      protected override seal(record: SessionRecord, scope: SessionScope): string {
        return `${super.seal(record, scope)}.${this.keys[0]!.toString("hex", 0, 4)}`;
      }
      protected override unseal(value: string, scope: SessionScope): Answer {
        const match = /^([^.]*\.[^.]*)\.([\da-f]{8})$/.exec(value);
        if (match === null) return "malformed";
        const key = this.keys.find((each) => each.toString("hex", 0, 4) === match[2]);
        if (key === undefined) throw new Error(`There is no key ${match[2]}.`);
        const opened = new MacStore([key])["unseal"](match[1]!, scope);
        const outdated = key !== this.keys[0];
        return typeof opened === "string" ? opened : { ...opened, outdated };
      }
    },
    [SENTENCES.neverThrows, SENTENCES.anyChange, SENTENCES.oldKey, SENTENCES.newKey],
    /unseal\(\) failed\. \(There is no key/,
  ),
  "calls a value of an unknown key malformed": rotating(
    class extends MacStore {
      protected override unseal(value: string, scope: SessionScope): Answer {
        const opened = super.unseal(value, scope);
        return opened === "tampered" ? "malformed" : opened;
      }
    },
    [SENTENCES.newKey],
    /as malformed, not as unknown-key or tampered/,
  ),
  "takes keys that cannot be loaded for a tampered value": {
    ...failing(() => "tampered", [SENTENCES.brokenHooks, SENTENCES.brokenRequest]),
    says: /did not fail, but returned/,
  },
};
