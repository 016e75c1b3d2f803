import type { QueueName } from "../runtime/grants.ts";
import type { Change } from "../table/condition.ts";
import { dueShard, type Key, type WorkRef } from "../table/keys.ts";

/** SQS delays no message longer. */
export const longestDelayMs = 900_000;
/** A message that was sent may be lost; this long after it was due, the sweeper sends another. */
const netMs = 60_000;

/** What a work item carries while it is unfinished. Unfinished means: there is a `due_at`. */
export interface WorkItem {
  readonly due_shard?: number;
  /** When the sweeper looks; unix milliseconds. Decisions read the others. */
  readonly due_at?: number;
  readonly not_before?: number;
  readonly lease_token?: string;
  readonly lease_until?: number;
  /** Claims since the last progress. */
  readonly claims?: number;
  readonly sweeps?: number;
}

/** When the sweeper shall look at work that is to be done at a time. */
export const dueAt = (at: number, now: number) => (at - now <= longestDelayMs ? at + netMs : at);

/** What arms a new work item, in the transaction that makes the need. */
export const armed = ({ pk }: Key, at: number, now: number) => ({
  due_shard: dueShard(pk),
  due_at: dueAt(at, now),
  not_before: at,
});

/** Ends work, in the transaction of its result. */
export const finished: Change = {
  remove: ["due_shard", "due_at", "lease_token", "lease_until"],
};

/** Puts work off and drops the lease; claims go on counting from `claims` if it is given, otherwise as they stand. */
export const putBack = (at: number, now: number, claims?: number): Change => ({
  set: { not_before: at, due_at: dueAt(at, now), claims, sweeps: 0 },
  remove: ["lease_token", "lease_until"],
});

/** Puts work off and drops the lease; progress was made, so claims count anew. */
export const waiting = (at: number, now: number): Change => putBack(at, now, 0);

const queues = {
  conversation: "inbound",
  execution: "executions",
  delivery: "deliveries",
  schedule: "jobs",
  job: "jobs",
} as const satisfies Record<WorkRef["kind"], QueueName>;

/** Whether there is work of this kind. */
export const isWorkKind = (kind: unknown): kind is WorkRef["kind"] =>
  Object.keys(queues).some((one) => one === kind);

/** The queue that wakes the worker of this kind of work. */
export const queueOf = ({ kind }: WorkRef): QueueName => queues[kind];
