import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { threadId } from "node:worker_threads";
import {
  ExternalStore,
  type ExternalStoreOptions,
  type Insertion,
  type Replacement,
} from "../../../lib/index.js";

const YEAR_SECONDS = 31_536_000;

/**
 * Keeps each record in a file. Its calls are synchronous, like those of a driver for SQLite: they can
 * only race between threads or processes.
 */
export class FileStore extends ExternalStore {
  readonly #folder: string;

  constructor(folder: string, options: ExternalStoreOptions) {
    super(options);
    this.#folder = folder;
  }

  protected read(key: string): string | null {
    try {
      const [, dies, text] = /^(\d+) ([^]*)$/.exec(readFileSync(this.#pathOf(key), "utf8"))!;
      return Date.now() < Number(dies) ? text! : null;
    } catch {
      return null;
    }
  }

  protected create(key: string, insertion: Insertion): boolean {
    return this.alone(key, () => this.read(key) === null && this.#write(key, insertion));
  }

  protected update(key: string, replacement: Replacement): boolean {
    const { expected } = replacement;
    return this.alone(key, () => this.read(key) === expected && this.#write(key, replacement));
  }

  protected remove(key: string): void {
    rmSync(this.#pathOf(key), { force: true });
  }

  /** A file holds all keys of an owner. */
  protected override link(owner: string, key: string, ttl: number): void {
    this.alone(owner, () => {
      const keys = new Set(this.linked(owner)).add(key);
      return this.#write(owner, { text: JSON.stringify([...keys]), ttl });
    });
  }

  protected override unlink(owner: string, key: string): void {
    this.alone(owner, () => {
      const keys = this.linked(owner).filter((each) => each !== key);
      return this.#write(owner, { text: JSON.stringify(keys), ttl: YEAR_SECONDS });
    });
  }

  protected override linked(owner: string): string[] {
    return JSON.parse(this.read(owner) ?? "[]");
  }

  /** Runs steps that no other thread or process may run for this key meanwhile. */
  protected alone(key: string, steps: () => boolean): boolean {
    const lock = `${this.#pathOf(key)}.lock`;
    while (!madeFolder(lock)) continue;
    try {
      return steps();
    } finally {
      rmdirSync(lock);
    }
  }

  /** No reader sees a part of it. */
  #write(key: string, { text, ttl }: Insertion): boolean {
    const path = this.#pathOf(key);
    const draft = `${path}.${threadId}`;
    writeFileSync(draft, `${Date.now() + ttl * 1000} ${text}`);
    renameSync(draft, path);
    return true;
  }

  #pathOf(key: string): string {
    return `${this.#folder}/${createHash("sha256").update(key).digest("hex")}`;
  }
}

/** Reads, compares and writes in three steps: two threads can do that at the same time. */
export class UnlockedFileStore extends FileStore {
  protected override alone(_key: string, steps: () => boolean): boolean {
    return steps();
  }
}

/** Reads an owner's keys and writes them without a lock. */
export class UnlockedOwnersFileStore extends FileStore {
  protected override alone(key: string, steps: () => boolean): boolean {
    return key.includes("owner:") ? steps() : super.alone(key, steps);
  }
}

function madeFolder(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch {
    return false;
  }
}
