import type { Input } from "#lib/local/embedded/wire";
import type { Item } from "#shared/table/table";
import { fromWire } from "#shared/table/wire";
import { netMs } from "#shared/work/work-item";
import { workKey, workKinds, type WorkRef } from "#shared/work/work-kinds";
import { type Store, tableName } from "./store.ts";

type Wire = Parameters<typeof fromWire>[0];

interface ObserverOptions {
  readonly store: Store;
  readonly leaseMs: number;
  /** The furthest that two clocks are apart. */
  readonly skewMs: number;
}

/** Who works on something. */
interface Worker {
  readonly isDead: boolean;
  readonly isStalled: boolean;
}

interface PendingWork {
  notBefore: number;
  /** When the sweeper looks. */
  dueAt: number;
  /** Milliseconds in which nobody worked on it although somebody should have, since the last fault. */
  idleMs: number;
}

// Whatever the ids are: only the kind of a row is looked at.
const workSks = new Set(Object.values(workKinds).map(({ key }) => key("team_", "" as never).sk));
/** Delays are whole seconds, and calls take a while. */
const slackMs = 3_000;

/** Watches the table: what was written, and for how long work lies about. */
export class Observer {
  readonly problems: string[] = [];
  faults = 0;
  /** How many processes were killed. */
  deaths = 0;
  /** The longest that work lay about. */
  longestIdleMs = 0;
  /** Told of each row that was written: as it is now, or as it was put. */
  onRow: (row: Item) => void = () => {};
  readonly #store: Store;
  readonly #clock: () => number;
  readonly #mostIdleMs: number;
  readonly #pending = new Map<string, PendingWork>();
  readonly #workers = new Map<string, Set<Worker>>();
  #faultUntil = 0;
  #seenAt = 0;

  constructor(clock: () => number, { store, leaseMs, skewMs }: ObserverOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#mostIdleMs = leaseMs + netMs + slackMs + 2 * skewMs;
  }

  /** A fault; its consequence ends at a time. */
  fault(until: number): void {
    this.faults += 1;
    this.faultLasts(until);
    for (const work of this.#pending.values()) work.idleMs = 0;
  }

  /** A function was killed because its time was up, which is a fault like others; by itself it must not come to that. */
  timeUp(): void {
    if (this.faults === 0) this.problems.push("a function's time is up though nothing went wrong");
    this.fault(this.#clock());
  }

  /** The consequence of the last fault ends no sooner. */
  faultLasts(until: number): void {
    this.#faultUntil = Math.max(this.#faultUntil, until);
  }

  /** A process has a message about a piece of work in its hands, until it ends. */
  begins(process: Worker, ref: WorkRef): void {
    const { pk } = workKey(ref);
    const workers = this.#workers.get(pk) ?? new Set();
    this.#workers.set(pk, workers.add(process));
  }

  ends(process: Worker, ref: WorkRef): void {
    this.#workers.get(workKey(ref).pk)?.delete(process);
  }

  /** Time has passed. */
  passed(): void {
    const now = this.#clock();
    if (now === this.#seenAt) return;
    for (const [pk, work] of this.#pending) {
      const workers = [...(this.#workers.get(pk) ?? [])];
      if (workers.some(({ isDead, isStalled }) => !isDead && !isStalled)) continue;
      const since = Math.max(this.#seenAt, work.notBefore, this.#faultUntil);
      work.idleMs += Math.max(0, now - since);
      this.longestIdleMs = Math.max(this.longestIdleMs, work.idleMs);
      if (work.idleMs > this.#mostIdleMs) {
        this.problems.push(`${pk} lies about for ${work.idleMs} ms after the last fault`);
        // Once is enough.
        work.idleMs = -Infinity;
      }
    }
    this.#seenAt = now;
  }

  /** Whether the sweeper finds something until a time. */
  hasDue(until: number): boolean {
    return this.#pending.values().some(({ dueAt }) => dueAt <= until);
  }

  wrote(operation: string, input: Input): void {
    for (const { pk, sk } of writtenKeys(operation, input)) {
      if (!pk?.S || !sk?.S) continue;
      const put = operation === "PutItem" ? (input["Item"] as Wire) : undefined;
      const row = put ? fromWire(put) : this.#store.row({ pk: pk.S, sk: sk.S });
      if (workSks.has(sk.S)) this.#workTouched(pk.S, row);
      if (row) this.onRow(row);
    }
  }

  #workTouched(pk: string, row: Item | undefined): void {
    if (row?.["due_at"] === undefined) return void this.#pending.delete(pk);
    const work = this.#pending.get(pk) ?? { notBefore: 0, dueAt: 0, idleMs: 0 };
    const notBefore = Number(row["not_before"] ?? 0);
    // A new wait of its own: what lay before is over.
    if (notBefore > work.notBefore) work.idleMs = 0;
    work.notBefore = notBefore;
    work.dueAt = Number(row["due_at"]);
    this.#pending.set(pk, work);
  }
}

/** The keys of the rows that an operation writes, as the product's table writes them. */
function writtenKeys(operation: string, input: Input): Wire[] {
  switch (operation) {
    case "PutItem":
      return [input["Item"] as Wire];
    case "UpdateItem":
    case "DeleteItem":
      return [input["Key"] as Wire];
    case "TransactWriteItems":
      return (input["TransactItems"] as Record<string, { Item?: Wire; Key?: Wire }>[]).flatMap(
        (part) => Object.values(part).map(({ Item, Key }) => Item ?? Key ?? {}),
      );
    case "BatchWriteItem": {
      const requests = input["RequestItems"] as Record<string, { DeleteRequest: { Key: Wire } }[]>;
      return (requests[tableName] ?? []).map(({ DeleteRequest }) => DeleteRequest.Key);
    }
    default:
      return [];
  }
}
