import type { Database, Statement } from "../database.ts";
import type { Queue } from "./queue.ts";

/** A message's group as SQL, as the index has it; empty for one without. */
export const groupColumn = "coalesce(json_extract(details, '$.group_id'), '')";

/** SQLite sorts numbers before texts. */
const beforeAll = -1;

/** The turns that the message groups of a queue take: a quiet one is not behind a noisy one's backlog. */
export class GroupTurns {
  readonly #next: Statement<[group: string, visible_at: number]>;
  /** The group whose turn it was last, by queue. */
  readonly #last = new Map<number, string>();

  constructor(database: Database) {
    // The index leads from group to group without reading what lies between.
    this.#next = database.prepare(
      `SELECT ${groupColumn}, visible_at FROM messages WHERE queue = ? AND ${groupColumn} > ? ORDER BY ${groupColumn}, visible_at LIMIT 1`,
    );
  }

  /** The next group in turn that has something visible, of which it then was the turn; after the last comes the first again. */
  take(queue: Queue, now: number): string | undefined {
    const last = this.#last.get(queue.id) ?? beforeAll;
    const next = this.#firstVisible(queue, last, now);
    const found = next ?? this.#firstVisible(queue, beforeAll, now);
    if (found !== undefined) this.#last.set(queue.id, found);
    return found;
  }

  /** Begins anew with the first group, as when it was opened. */
  forget(): void {
    this.#last.clear();
  }

  /** Unix milliseconds at which the next message of any group is visible (also in the past), undefined when there is none. */
  nextVisibleAt(queue: Queue): number | undefined {
    let soonest: number | undefined;
    let row = this.#next.get(queue.id, beforeAll);
    while (row) {
      const [group, visibleAt] = row;
      soonest = Math.min(soonest ?? visibleAt, visibleAt);
      row = this.#next.get(queue.id, group);
    }
    return soonest;
  }

  #firstVisible(queue: Queue, after: string | number, now: number): string | undefined {
    let row = this.#next.get(queue.id, after);
    while (row && row[1] > now) row = this.#next.get(queue.id, row[0]);
    return row?.[0];
  }
}
