import type { Database, SqlValue, Statement } from "../database.ts";
import { attribute, type EngineItem, itemSize, setAttribute } from "./attribute-value.ts";
import type { EngineTableDefinition, IndexDefinition } from "./engine-table-definition.ts";
import { indexKeyOf, sameKey, type StoredKey } from "./keys.ts";
import { RowCache } from "./row-cache.ts";

/** The item behind a stored text. */
export function parseItem(text: string): EngineItem {
  // Only checked items are stored.
  return JSON.parse(text) as EngineItem;
}

/** An item with its size by DynamoDB's rules: what a write leaves. */
export interface SizedItem {
  readonly item: EngineItem;
  readonly size: number;
}

/** A row of a table. */
export interface StoredItem extends SizedItem {
  readonly id: number;
  /** Characters of its JSON text. */
  readonly length: number;
}

/** What a write did to one index: bytes of the entry deleted and of the entry put (0: not touched). */
export interface IndexChange {
  readonly index: string;
  readonly deletedBytes: number;
  readonly putBytes: number;
}

/** Told of every change of an index entry (row `id` of the SQLite table `storage`), with what stood there. */
export type IndexListener = (
  storage: string,
  id: number,
  tableKey: StoredKey,
  before: IndexEntry | undefined,
) => void;

/** An item as an index shows it. */
export interface IndexEntry {
  readonly key: StoredKey;
  readonly size: number;
  readonly text: string;
}

interface IndexStorage {
  readonly definition: IndexDefinition;
  readonly storage: string;
  readonly put: Statement<[]>;
  /** For an entry that stays in its place. */
  readonly replace: Statement<[]>;
  readonly remove: Statement<[]>;
}

/** A row of a table as SQLite has it. */
export type ItemRow = [id: number, size: number, text: string];

const maxCachedBytes = 8_000_000;

/** The rows of one DynamoDB table: items in one SQLite table, each index in another. */
export class EngineTable {
  readonly definition: EngineTableDefinition;
  /** Name of the SQLite table of the items. */
  readonly storage: string;
  readonly #indexes: readonly IndexStorage[];
  readonly #get: Statement<ItemRow>;
  readonly #insert: Statement<[]>;
  readonly #update: Statement<[]>;
  readonly #replace: Statement<[]>;
  readonly #remove: Statement<[]>;
  readonly #expired: Statement<[hash: SqlValue, range: SqlValue]>;
  readonly #rows = new RowCache<StoredItem>(maxCachedBytes);
  /** Set while some connection wants stale index reads. */
  indexListener: IndexListener | undefined;

  constructor(database: Database, id: number, definition: EngineTableDefinition) {
    this.definition = definition;
    this.storage = itemStorage(id);
    const { storage } = this;
    this.#get = database.prepare(`SELECT id, size, item FROM ${storage} WHERE pk = ? AND sk = ?`);
    this.#insert = database.prepare(
      `INSERT INTO ${storage} (pk, sk, size, item, expires_at) VALUES (?, ?, ?, ?, ?)`,
    );
    this.#update = database.prepare(
      `UPDATE ${storage} SET size = ?, item = ?, expires_at = ? WHERE id = ?`,
    );
    // SQLite writes the entry in an index of every column that is set, also to what it was.
    this.#replace = database.prepare(`UPDATE ${storage} SET size = ?, item = ? WHERE id = ?`);
    this.#remove = database.prepare(`DELETE FROM ${storage} WHERE id = ?`);
    this.#expired = database.prepare(
      `SELECT pk, sk FROM ${storage} WHERE expires_at BETWEEN ? AND ? LIMIT ?`,
    );
    this.#indexes = definition.indexes.map((index, position) => {
      const name = indexStorage(id, position);
      return {
        definition: index,
        storage: name,
        put: prepareEntryPut(database, name),
        replace: database.prepare(`UPDATE ${name} SET size = ?, item = ? WHERE id = ?`),
        remove: database.prepare(`DELETE FROM ${name} WHERE id = ?`),
      };
    });
  }

  /** Name of the SQLite table of an index. */
  storageOf(indexName: string): string | undefined {
    return this.#indexes.find(({ definition }) => definition.name === indexName)?.storage;
  }

  /** The row with that key. Nobody may change it. */
  get(key: StoredKey): StoredItem | undefined {
    const cached = this.#rows.get(key);
    if (cached !== undefined) return cached;
    const row = this.#get.get(key.hash, key.range);
    return row && this.keep(key, row);
  }

  /** The rows with these keys, if all of them are in memory. */
  keptRows(keys: readonly StoredKey[]): StoredItem[] | undefined {
    const kept: StoredItem[] = [];
    for (const key of keys) {
      const row = this.#rows.get(key);
      if (row === undefined) return undefined;
      kept.push(row);
    }
    return kept;
  }

  /** The row as it was just read, which stays in memory. Nobody may change it. */
  keep(key: StoredKey, [id, size, text]: ItemRow): StoredItem {
    const row = { id, size, item: parseItem(text), length: text.length };
    this.#rows.set(key, row);
    return row;
  }

  /**
   * Writes the item (`after`) in place of what was there, or deletes it, and keeps the indexes.
   * Everything must have been checked: nothing here is refused. Nobody may change the item afterwards.
   */
  write(
    key: StoredKey,
    stored: StoredItem | undefined,
    after: SizedItem | undefined,
  ): readonly IndexChange[] {
    let id = stored?.id;
    if (after === undefined) {
      if (id === undefined) return [];
      this.#remove.run(id);
      this.#rows.delete(key);
    } else {
      const { item, size } = after;
      const text = JSON.stringify(item);
      const expiry = this.#expiryOf(item);
      if (id === undefined) {
        const { lastInsertRowid } = this.#insert.run(key.hash, key.range, size, text, expiry);
        id = Number(lastInsertRowid);
      } else if (stored && this.#expiryOf(stored.item) === expiry) {
        this.#replace.run(size, text, id);
      } else this.#update.run(size, text, expiry, id);
      this.#rows.set(key, { id, size, item, length: text.length });
    }
    const changes: IndexChange[] = [];
    for (const index of this.#indexes) {
      const change = this.#writeIndex(index, id, key, stored?.item, after?.item);
      if (change !== undefined) changes.push(change);
    }
    return changes;
  }

  /** Keys of items whose TTL lies between the two times (unix seconds). */
  expired(from: number, to: number, limit: number): StoredKey[] {
    return this.#expired.all(from, to, limit).map(([hash, range]) => ({ hash, range }));
  }

  #expiryOf(item: EngineItem): number | null {
    const name = this.definition.ttlAttribute;
    const value = name === undefined ? undefined : attribute(item, name)?.N;
    return value === undefined ? null : Number(value);
  }

  #writeIndex(
    index: IndexStorage,
    id: number,
    tableKey: StoredKey,
    before: EngineItem | undefined,
    after: EngineItem | undefined,
  ): IndexChange | undefined {
    if (before !== undefined && after !== undefined && unchanged(index.definition, before, after)) {
      return undefined;
    }
    const old = before && entryOf(index.definition, before);
    const now = after && entryOf(index.definition, after);
    if (old === undefined && now === undefined) return undefined;
    const moved = old === undefined || now === undefined || !sameKey(old.key, now.key);
    if (!moved && old.size === now.size && old.text === now.text) return undefined;
    if (now === undefined) index.remove.run(id);
    else if (moved) putEntry(index.put, id, tableKey, now);
    else index.replace.run(now.size, now.text, id);
    this.indexListener?.(index.storage, id, tableKey, old);
    return {
      index: index.definition.name,
      deletedBytes: moved ? (old?.size ?? 0) : 0,
      putBytes: moved ? (now?.size ?? 0) : Math.max(old.size, now.size),
    };
  }
}

/** The statement that puts an entry into an index's SQLite table; `putEntry` runs it. */
export const prepareEntryPut = (database: Database, storage: string): Statement<[]> =>
  database.prepare(
    `INSERT INTO ${storage} (id, hk, rk, pk, sk, size, item) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET hk = excluded.hk, rk = excluded.rk, size = excluded.size, item = excluded.item`,
  );

/** Puts the entry of the item in row `id`, also over an older one. */
export function putEntry(
  statement: Statement<[]>,
  id: number,
  tableKey: StoredKey,
  { key, size, text }: IndexEntry,
): void {
  statement.run(id, key.hash, key.range, tableKey.hash, tableKey.range, size, text);
}

/** Name of the SQLite table of a table's items. */
export const itemStorage = (tableId: number): string => `items_${tableId}`;

/** Name of the SQLite table of a table's index. */
export const indexStorage = (tableId: number, position: number): string =>
  `index_${tableId}_${position}`;

/** The entry an index holds for an item. */
export function entryOf(index: IndexDefinition, item: EngineItem): IndexEntry | undefined {
  const key = indexKeyOf(index, item);
  if (key === undefined) return undefined;
  const shown = index.projected === undefined ? item : pick(item, index.projected);
  return {
    key,
    size: itemSize(shown),
    // Of most entries that a write takes away nobody asks for it.
    get text() {
      return JSON.stringify(shown);
    },
  };
}

function pick(item: EngineItem, names: readonly string[]): EngineItem {
  const picked: EngineItem = {};
  for (const name of names) {
    const value = attribute(item, name);
    if (value !== undefined) setAttribute(picked, name, value);
  }
  return picked;
}

/** An update copies what it changes, so untouched attributes are the same objects in both items. */
function unchanged({ key, projected }: IndexDefinition, before: EngineItem, after: EngineItem) {
  const { name } = key.hash;
  if (attribute(before, name) === undefined && attribute(after, name) === undefined) return true;
  return projected?.every((shown) => before[shown] === after[shown]) ?? false;
}
