import { setImmediate as turn } from "node:timers/promises";
import { ExternalStore, type Insertion, type Replacement } from "../../lib/index.js";

export interface Row {
  text: string;
  /** The expiry in milliseconds since 1970. */
  dies: number;
}

export type Table = Map<string, Row>;

/**
 * Behaves like a store on a database server: it answers asynchronously, and each hook is one atomic
 * step. It keeps the contract.
 */
export class TableStore extends ExternalStore {
  readonly table: Table;

  constructor(table: Table = new Map()) {
    super();
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
