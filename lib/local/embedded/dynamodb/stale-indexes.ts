import type { Database } from "../database.ts";
import { type IndexEntry, type IndexListener, prepareEntryPut, putEntry } from "./engine-table.ts";
import type { StoredKey } from "./keys.ts";

interface EntryChange {
  readonly at: number;
  readonly storage: string;
  readonly id: number;
  readonly tableKey: StoredKey;
  readonly before: IndexEntry | undefined;
}

const maxAgeMs = 300_000;

/** Remembers what indexes looked like in the last five minutes, so that a read can be answered from a moment ago. */
export class StaleIndexes {
  readonly #database: Database;
  readonly #clock: () => number;
  #changes: EntryChange[] = [];
  #committed = 0;

  constructor(database: Database, clock: () => number) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Notes a change of an index entry. */
  readonly note: IndexListener = (storage, id, tableKey, before) => {
    const at = this.#clock();
    this.#changes.push({ at, storage, id, tableKey, before });
  };

  /** The changes noted so far have happened for good. */
  committed(): void {
    const oldest = this.#clock() - maxAgeMs;
    const [first] = this.#changes;
    if (first !== undefined && first.at < oldest - maxAgeMs) {
      this.#changes = this.#changes.filter((change) => change.at >= oldest);
    }
    this.#committed = this.#changes.length;
  }

  /** The changes since the last commit have not happened. */
  undone(): void {
    this.#changes.length = this.#committed;
  }

  /** Runs the work while the index looks as it did so many milliseconds ago; needs a transaction that may write. */
  asOf<T>(storage: string, milliseconds: number, work: () => T): T {
    const since = this.#clock() - milliseconds;
    this.#database.execute("SAVEPOINT stale_index");
    try {
      for (const change of this.#changes.toReversed()) {
        if (change.storage === storage && change.at > since) this.#undo(change);
      }
      return work();
    } finally {
      this.#database.execute("ROLLBACK TO stale_index; RELEASE stale_index");
    }
  }

  #undo({ storage, id, tableKey, before }: EntryChange): void {
    this.#database.prepare(`DELETE FROM ${storage} WHERE id = ?`).run(id);
    if (before === undefined) return;
    putEntry(prepareEntryPut(this.#database, storage), id, tableKey, before);
  }
}
