import { setImmediate as turn } from "node:timers/promises";
import {
  ExternalStore,
  type ExternalStoreOptions,
  type Insertion,
  type Replacement,
} from "../../lib/index.js";

export interface Row {
  text: string;
  /** The expiry in milliseconds since 1970. */
  dies: number;
  /** In the row of an owner: the keys of its sessions, and when each entry ends. */
  entries?: Map<string, number>;
}

export type Table = Map<string, Row>;

/**
 * Behaves like a store on a database server: it answers asynchronously, and each hook is one atomic
 * step. It keeps the contract.
 */
export class TableStore extends ExternalStore {
  readonly table: Table;

  constructor(table: Table = new Map(), options?: ExternalStoreOptions) {
    super(options);
    this.table = table;
  }

  protected async read(key: string): Promise<string | null> {
    await turn();
    return this.rowOf(key)?.text ?? null;
  }

  protected async create(key: string, insertion: Insertion): Promise<boolean> {
    await turn();
    if (this.rowOf(key)) return false;
    this.write(key, insertion);
    return true;
  }

  protected async update(key: string, replacement: Replacement): Promise<boolean> {
    await turn();
    const row = this.rowOf(key);
    if (!row || !this.isExpected(row.text, replacement.expected)) return false;
    this.write(key, replacement);
    return true;
  }

  protected async remove(key: string): Promise<void> {
    await turn();
    this.table.delete(key);
  }

  protected override async link(owner: string, key: string, ttl: number): Promise<void> {
    await turn();
    const keys = this.entriesOf(owner);
    keys.set(key, Math.max(Date.now() + ttl * 1000, keys.get(key) ?? 0));
  }

  protected override async unlink(owner: string, key: string): Promise<void> {
    await turn();
    this.entriesOf(owner).delete(key);
  }

  protected override async linked(owner: string): Promise<string[]> {
    await turn();
    const entries = [...this.entriesOf(owner)];
    return entries.filter(([, dies]) => Date.now() < dies).map(([key]) => key);
  }

  /** The table's own map: a change of it is a change of the table. */
  protected entriesOf(owner: string): Map<string, number> {
    const entries = this.table.get(owner)?.entries ?? new Map<string, number>();
    this.table.set(owner, { text: "", dies: Infinity, entries });
    return entries;
  }

  protected isExpected(stored: string, expected: string): boolean {
    return stored === expected;
  }

  /** The row of a key, if the row has not expired. */
  protected rowOf(key: string): Row | undefined {
    const row = this.table.get(key);
    return row && Date.now() < row.dies ? row : undefined;
  }

  protected write(key: string, { text, ttl }: Insertion): void {
    this.table.set(key, { text, dies: Date.now() + ttl * 1000 });
  }
}
