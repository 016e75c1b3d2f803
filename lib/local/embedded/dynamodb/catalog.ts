import { AwsError } from "../aws-error.ts";
import type { Database } from "../database.ts";
import {
  EngineTable,
  entryOf,
  type IndexListener,
  indexStorage,
  itemStorage,
  parseItem,
  prepareEntryPut,
  putEntry,
} from "./engine-table.ts";
import type { EngineTableDefinition } from "./engine-table-definition.ts";
import { keyOfItem } from "./keys.ts";

/** A table and when it was made (unix milliseconds). */
export interface CatalogEntry {
  readonly table: EngineTable;
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

  /** Tells the listener of every change of an index entry from now on. */
  listenToIndexes(listener: IndexListener): void {
    this.#indexListener = listener;
    for (const { table } of this.#entries.values()) table.indexListener = listener;
  }

  /** The table of that name; ResourceNotFoundException when there is none. */
  table(name: string): EngineTable {
    return this.entry(name).table;
  }

  entry(name: string): CatalogEntry {
    const entry = this.find(name);
    if (entry === undefined) {
      throw new AwsError("ResourceNotFoundException", "Requested resource not found");
    }
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
    // Only `create` and `change` write this column.
    return this.#remember(row[0], JSON.parse(row[1]) as EngineTableDefinition, row[2]);
  }

  names(): string[] {
    return this.#database
      .prepare<[string]>("SELECT name FROM catalog ORDER BY name")
      .all()
      .map(([name]) => name);
  }

  create(definition: EngineTableDefinition, now: number): CatalogEntry {
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
  change(entry: CatalogEntry, definition: EngineTableDefinition): CatalogEntry {
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

  #remember(id: number, definition: EngineTableDefinition, createdAt: number): CatalogEntry {
    const table = new EngineTable(this.#database, id, definition);
    table.indexListener = this.#indexListener;
    const entry = { table, id, createdAt };
    this.#entries.set(definition.name, entry);
    return entry;
  }

  #createIndexes(id: number, definition: EngineTableDefinition): void {
    for (const position of definition.indexes.keys()) {
      const storage = indexStorage(id, position);
      this.#database.execute(`
        CREATE TABLE ${storage} (
          id INTEGER PRIMARY KEY, hk NOT NULL, rk NOT NULL, pk NOT NULL, sk NOT NULL, size INTEGER NOT NULL, item TEXT NOT NULL);
        CREATE UNIQUE INDEX ${storage}_key ON ${storage} (hk, rk, pk, sk);
      `);
    }
  }

  #dropIndexes(id: number, definition: EngineTableDefinition): void {
    for (const position of definition.indexes.keys()) {
      this.#database.execute(`DROP TABLE ${indexStorage(id, position)}`);
    }
  }

  #rebuild({ id, table }: CatalogEntry): void {
    const { definition, storage } = table;
    // Some at a time: all of them may be gigabytes.
    const rows = this.#database.prepare<[number, string]>(
      `SELECT id, item FROM ${storage} WHERE id > ? ORDER BY id LIMIT 1000`,
    );
    const expire = this.#database.prepare(`UPDATE ${storage} SET expires_at = ? WHERE id = ?`);
    for (let page = rows.all(0); page.length > 0; page = rows.all(page.at(-1)?.[0] ?? 0)) {
      for (const [itemId, text] of page) {
        const item = parseItem(text);
        const ttl = definition.ttlAttribute && item[definition.ttlAttribute]?.N;
        expire.run(ttl === undefined ? null : Number(ttl), itemId);
        const key = keyOfItem(definition, item);
        for (const [position, index] of definition.indexes.entries()) {
          const entry = entryOf(index, item);
          if (entry === undefined) continue;
          const put = prepareEntryPut(this.#database, indexStorage(id, position));
          putEntry(put, itemId, key, entry);
        }
      }
    }
  }
}
