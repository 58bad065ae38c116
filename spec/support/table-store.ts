import { setImmediate as turn } from "node:timers/promises";
import { ExternalStore } from "../../lib/index.js";

export interface Row {
  text: string;
  /** Milliseconds since 1970. */
  dies: number;
}

export type Table = Map<string, Row>;

/**
 * What a store on a database server looks like: it answers later, and each hook is one
 * atomic step. Keeps the contract.
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

  protected async create(key: string, text: string, ttl: number): Promise<boolean> {
    await turn();
    if (this.rowOf(key)) return false;
    this.write(key, text, ttl);
    return true;
  }

  protected async update(
    key: string,
    text: string,
    ttl: number,
    expected: string,
  ): Promise<boolean> {
    await turn();
    const row = this.rowOf(key);
    if (!row || !this.isExpected(row.text, expected)) return false;
    this.write(key, text, ttl);
    return true;
  }

  protected async remove(key: string): Promise<void> {
    await turn();
    this.table.delete(key);
  }

  protected isExpected(stored: string, expected: string): boolean {
    return stored === expected;
  }

  /** The row that is alive. */
  protected rowOf(key: string): Row | undefined {
    const row = this.table.get(key);
    return row && Date.now() < row.dies ? row : undefined;
  }

  protected write(key: string, text: string, ttl: number): void {
    this.table.set(key, { text, dies: Date.now() + ttl * 1000 });
  }
}
