import type { Input } from "#lib/local/embedded/wire";
import { logEnd } from "#shared/executions/execution-items";
import { workKey, type WorkRef } from "#shared/work/work-kinds";
import type { SimulatedProcess } from "./simulated-process.ts";
import { type Store, tableName } from "./store.ts";
import type { Witness } from "./surroundings.ts";

type Wire = Readonly<Record<string, { readonly S?: string; readonly N?: string } | undefined>>;

/** An execution as the table has had it. */
export interface SeenExecution {
  readonly id: string;
  /** The final status; later ones must be the same. */
  final: string | undefined;
  finalAt: number;
  /** Numbers of the steps that were stored. */
  readonly steps: Set<number>;
}

interface PendingWork {
  notBefore: number;
  /** Milliseconds in which nobody worked on it although somebody should have, since the last fault. */
  idleMs: number;
}

const final = new Set(["completed", "failed", "timeout", "cancelled"]);
const workSks = new Set(["WORK", "DELIVERY", "SCHEDULE", "JOB"]);
const netMs = 60_000;
/** Delays are whole seconds, and calls take a while. */
const slackMs = 3_000;

/** Watches the table: what was once final, what was stored, and for how long work lies about. */
export class Observer implements Witness {
  readonly executions = new Map<string, SeenExecution>();
  readonly problems: string[] = [];
  faults = 0;
  faultUntil = 0;
  /** The longest that work lay about. */
  longestIdleMs = 0;
  readonly #store: Store;
  readonly #clock: () => number;
  readonly #mostIdleMs: number;
  readonly #pending = new Map<string, PendingWork>();
  readonly #workers = new Map<string, Set<SimulatedProcess>>();
  #seenAt: number;

  constructor(store: Store, clock: () => number, leaseMs: number, skewMs: number) {
    this.#store = store;
    this.#clock = clock;
    this.#mostIdleMs = leaseMs + netMs + slackMs + 2 * skewMs;
    this.#seenAt = clock();
  }

  fault(until: number): void {
    this.faults += 1;
    this.faultLasts(until);
    for (const work of this.#pending.values()) work.idleMs = 0;
  }

  faultLasts(until: number): void {
    this.faultUntil = Math.max(this.faultUntil, until);
  }

  /** A process has a message about a piece of work in its hands. */
  begins(process: SimulatedProcess, ref: WorkRef): void {
    const { pk } = workKey(ref);
    const workers = this.#workers.get(pk) ?? new Set();
    this.#workers.set(pk, workers.add(process));
  }

  /** Time has passed. */
  passed(): void {
    const now = this.#clock();
    if (now === this.#seenAt) return;
    for (const [pk, work] of this.#pending) {
      const workers = [...(this.#workers.get(pk) ?? [])];
      if (workers.some((one) => !one.isDead && !one.ended && !one.isStalled)) continue;
      const since = Math.max(this.#seenAt, work.notBefore, this.faultUntil);
      work.idleMs += Math.max(0, now - since);
      this.longestIdleMs = Math.max(this.longestIdleMs, work.idleMs);
      if (work.idleMs > this.#mostIdleMs) {
        this.problems.push(`${pk} lies about for ${work.idleMs} ms after the last fault`);
        this.#pending.delete(pk);
      }
    }
    this.#seenAt = now;
  }

  wrote(operation: string, input: Input): void {
    switch (operation) {
      case "PutItem":
        return this.#touched(input["Item"] as Wire, true);
      case "UpdateItem":
      case "DeleteItem":
        return this.#touched(input["Key"] as Wire);
      case "TransactWriteItems":
        for (const part of input["TransactItems"] as Record<string, Record<string, Wire>>[]) {
          const [what] = Object.values(part);
          const key = what?.["Item"] ?? what?.["Key"];
          if (key && !part["ConditionCheck"]) this.#touched(key);
        }
        return;
      case "BatchWriteItem": {
        const requests = input["RequestItems"] as Record<
          string,
          { DeleteRequest: { Key: Wire } }[]
        >;
        for (const { DeleteRequest } of requests[tableName] ?? []) this.#touched(DeleteRequest.Key);
        return;
      }
    }
  }

  #touched(key: Wire, isPut = false): void {
    const pk = key["pk"]?.S ?? "";
    const sk = key["sk"]?.S ?? "";
    if (workSks.has(sk)) this.#workTouched(pk, sk);
    else if (sk === "EXECUTION") this.#headTouched(pk);
    else if (isPut && sk.startsWith("STEP#") && this.#row(pk, sk)?.["kind"]?.S !== logEnd.kind) {
      this.#execution(pk).steps.add(Number(sk.slice("STEP#".length)));
    }
  }

  #row(pk: string, sk: string): Wire | undefined {
    const Key = { pk: { S: pk }, sk: { S: sk } };
    const input = { TableName: tableName, Key, ConsistentRead: true };
    return (this.#store.run("GetItem", input) as { Item?: Wire }).Item;
  }

  #workTouched(pk: string, sk: string): void {
    const row = this.#row(pk, sk);
    if (row?.["due_at"] === undefined) return void this.#pending.delete(pk);
    const work = this.#pending.get(pk) ?? { notBefore: 0, idleMs: 0 };
    const notBefore = Number(row["not_before"]?.N ?? 0);
    // A new wait of its own: what lay before is over.
    if (notBefore > work.notBefore) work.idleMs = 0;
    work.notBefore = notBefore;
    this.#pending.set(pk, work);
  }

  #execution(pk: string): SeenExecution {
    const id = pk.slice(pk.lastIndexOf("#") + 1);
    const known = this.executions.get(id);
    if (known) return known;
    const seen = { id, final: undefined, finalAt: 0, steps: new Set<number>() };
    this.executions.set(id, seen);
    return seen;
  }

  #headTouched(pk: string): void {
    const seen = this.#execution(pk);
    const status = this.#row(pk, "EXECUTION")?.["status"]?.S;
    if (status === undefined) return;
    if (seen.final !== undefined && status !== seen.final) {
      this.problems.push(`${seen.id} was ${seen.final} and is ${status}`);
    }
    if (seen.final === undefined && final.has(status)) {
      seen.final = status;
      seen.finalAt = this.#clock();
    }
  }
}
