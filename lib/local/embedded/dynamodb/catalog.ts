import { AwsError } from "../aws-error.ts";
import type { Database } from "../database.ts";
import type { Item } from "./attribute-value.ts";
import { keyOfItem } from "./keys.ts";
import { entryOf, indexStorage, itemStorage, Table, type IndexListener } from "./table.ts";
import type { TableDefinition } from "./table-definition.ts";

/** A table and when it was made (unix milliseconds). */
export interface CatalogEntry {
  readonly table: Table;
  readonly id: number;
  readonly createdAt: number;
}

type Row = [id: number, definition: string, created_at: number];

/** The tables in the database file. Changes are made inside the caller's transaction. */
export class Catalog {
  readonly #database: Database;
  readonly #entries = new Map<string, CatalogEntry>();
  #indexListener: IndexListener | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** From now on, tells of every change of an index entry. */
  listenToIndexes(listener: IndexListener): void {
    this.#indexListener = listener;
    for (const { table } of this.#entries.values()) table.indexListener = listener;
  }

  /** The table of that name; ResourceNotFoundException when there is none. */
  table(name: string): Table {
    return this.entry(name).table;
  }

  entry(name: string): CatalogEntry {
    const entry = this.find(name);
    if (entry === undefined)
      throw new AwsError("ResourceNotFoundException", "Requested resource not found");
    return entry;
  }

  /** The table of that name, undefined when there is none. */
  find(name: string): CatalogEntry | undefined {
    const known = this.#entries.get(name);
    if (known !== undefined) return known;
    const row = this.#database
      .prepare<Row>("SELECT id, definition, created_at FROM catalog WHERE name = ?")
      .get(name);
    if (row === undefined) return undefined;
    // `create` and `change` write this column as JSON.
    return this.#remember(row[0], JSON.parse(row[1]) as TableDefinition, row[2]);
  }

  names(): string[] {
    return this.#database
      .prepare<[string]>("SELECT name FROM catalog ORDER BY name")
      .all()
      .map(([name]) => name);
  }

  create(definition: TableDefinition, now: number): CatalogEntry {
    const result = this.#database
      .prepare("INSERT INTO catalog (name, definition, created_at) VALUES (?, ?, ?)")
      .run(definition.name, JSON.stringify(definition), now);
    const id = Number(result.lastInsertRowid);
    const storage = itemStorage(id);
    this.#database.execute(`
      CREATE TABLE ${storage} (
        id INTEGER PRIMARY KEY, pk NOT NULL, sk NOT NULL, size INTEGER NOT NULL, item TEXT NOT NULL, expires_at INTEGER);
      CREATE UNIQUE INDEX ${storage}_key ON ${storage} (pk, sk);
      CREATE INDEX ${storage}_expiry ON ${storage} (expires_at) WHERE expires_at IS NOT NULL;
    `);
    this.#createIndexes(id, definition);
    return this.#remember(id, definition, now);
  }

  /** Gives a table other indexes or another TTL attribute; both are rebuilt from its items. */
  change(entry: CatalogEntry, definition: TableDefinition): CatalogEntry {
    const { id } = entry;
    this.#entries.delete(definition.name);
    this.#database
      .prepare("UPDATE catalog SET definition = ? WHERE id = ?")
      .run(JSON.stringify(definition), id);
    this.#dropIndexes(id, entry.table.definition);
    this.#createIndexes(id, definition);
    const changed = this.#remember(id, definition, entry.createdAt);
    this.#rebuild(changed);
    return changed;
  }

  drop(entry: CatalogEntry): void {
    const { definition } = entry.table;
    this.#entries.delete(definition.name);
    this.#database.prepare("DELETE FROM catalog WHERE id = ?").run(entry.id);
    this.#dropIndexes(entry.id, definition);
    this.#database.execute(`DROP TABLE ${itemStorage(entry.id)}`);
  }

  /** Forgets what it has read: a transaction was undone. */
  forget(): void {
    this.#entries.clear();
  }

  #remember(id: number, definition: TableDefinition, createdAt: number): CatalogEntry {
    const table = new Table(this.#database, id, definition);
    table.indexListener = this.#indexListener;
    const entry = { table, id, createdAt };
    this.#entries.set(definition.name, entry);
    return entry;
  }

  #createIndexes(id: number, definition: TableDefinition): void {
    for (const position of definition.indexes.keys()) {
      const storage = indexStorage(id, position);
      this.#database.execute(`
        CREATE TABLE ${storage} (
          id INTEGER PRIMARY KEY, hk NOT NULL, rk NOT NULL, pk NOT NULL, sk NOT NULL, size INTEGER NOT NULL, item TEXT NOT NULL);
        CREATE UNIQUE INDEX ${storage}_key ON ${storage} (hk, rk, pk, sk);
      `);
    }
  }

  #dropIndexes(id: number, definition: TableDefinition): void {
    for (const position of definition.indexes.keys())
      this.#database.execute(`DROP TABLE ${indexStorage(id, position)}`);
  }

  #rebuild({ id, table }: CatalogEntry): void {
    const { definition, storage } = table;
    const rows = this.#database.prepare<[number, string]>(`SELECT id, item FROM ${storage}`);
    const expire = this.#database.prepare(`UPDATE ${storage} SET expires_at = ? WHERE id = ?`);
    for (const [itemId, text] of rows.all()) {
      // Only checked items are stored.
      const item = JSON.parse(text) as Item;
      const ttl = definition.ttlAttribute && item[definition.ttlAttribute]?.N;
      expire.run(ttl === undefined ? null : Number(ttl), itemId);
      const key = keyOfItem(definition, item);
      for (const [position, index] of definition.indexes.entries()) {
        const entry = entryOf(index, item);
        if (entry === undefined) continue;
        this.#database
          .prepare(
            `INSERT INTO ${indexStorage(id, position)} (id, hk, rk, pk, sk, size, item) VALUES (?, ?, ?, ?, ?, ?, ?)`,
          )
          .run(
            itemId,
            entry.key.hash,
            entry.key.range,
            key.hash,
            key.range,
            entry.size,
            entry.text,
          );
      }
    }
  }
}
