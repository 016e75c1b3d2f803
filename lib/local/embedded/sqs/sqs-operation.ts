import type { Effect } from "../turn.ts";
import type { Answer, Input } from "../wire.ts";
import type { DeliveryFaults, MessageStore } from "./message-store.ts";
import type { QueueCatalog } from "./queue.ts";

/** What an SQS operation works with. */
export interface SqsContext {
  readonly queues: QueueCatalog;
  readonly messages: MessageStore;
  readonly clock: () => number;
  readonly delivery: DeliveryFaults;
  /** Batches stop after so many members; Infinity for no such fault. */
  readonly batchLimit: number;
}

/** One SQS operation, with its answer. It throws AwsError before its first write, or not at all. */
export interface SqsOperation {
  readonly effect: Effect;
  readonly run: (context: SqsContext, input: Input) => Answer;
}
