import type * as v from "valibot";
import type { Grants, QueueName } from "../runtime/grants.ts";

/** One worker as plain data: its function, queue, policy and alarm come from it. */
export interface Worker {
  readonly name: string;
  readonly summary: string;
  /** What users lose while it does not work: the text of its alarms. */
  readonly impact: string;
  /** The queue it reads, or the clock that starts it. */
  readonly trigger:
    | {
        readonly queue: QueueName;
        /** What a message holds: ids, never data. */
        readonly message: v.GenericSchema;
        readonly batchSize: number;
        readonly maxReceives: number;
        /** The most functions that run at once. */
        readonly maxConcurrency: number;
      }
    | { readonly everyMinutes: number };
  readonly timeoutSeconds: number;
  /** Whether it mostly waits for others' servers: it then gets the memory of functions that wait. */
  readonly waits?: true;
  readonly grants: Grants;
}

/** A worker that reads a queue. */
export type QueueWorker = Worker & {
  readonly trigger: Extract<Worker["trigger"], { readonly queue: QueueName }>;
};

/** Declares a worker; keeps its literal types. */
export const defineWorker = <const W extends Worker>(worker: W): W => worker;
