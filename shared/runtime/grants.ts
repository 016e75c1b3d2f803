/** The operations of the table, or of one of its indexes, that a function may be granted. */
export type TableOperation =
  | "GetItem"
  | "BatchGetItem"
  | "Query"
  | "Query listed"
  | "Query due"
  | "PutItem"
  | "UpdateItem"
  | "DeleteItem"
  | "BatchWriteItem"
  | "ConditionCheckItem";

/** The queues, by the worker that reads them. */
export type QueueName = "inbound" | "executions" | "deliveries" | "jobs";

/** What can be done with blobs. */
export type BlobUse = "put" | "read" | "delete";

/** What a function needs beyond what its kind needs by itself; its IAM policy is made of this. */
export interface Grants {
  readonly table?: readonly TableOperation[];
  /** Queues that it sends to. */
  readonly sends?: readonly QueueName[];
  /** Uses of the team's data key: making one (`seal`) and reading one (`open`). */
  readonly key?: readonly ("seal" | "open")[];
  /** What it does with blobs, also by addresses that it gives away. */
  readonly blobs?: readonly BlobUse[];
  /** Tells others the address of this platform. */
  readonly publicUrl?: boolean;
  /** Calls models of the account's own Bedrock. */
  readonly models?: boolean;
}
