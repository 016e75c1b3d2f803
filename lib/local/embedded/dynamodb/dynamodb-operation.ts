import type { Database } from "../database.ts";
import type { Answer, Input } from "../wire.ts";
import type { Catalog } from "./catalog.ts";
import type { ClientTokens } from "./client-tokens.ts";
import type { StaleIndexes } from "./stale-indexes.ts";

/** What an operation works with. */
export interface DynamodbContext {
  readonly database: Database;
  readonly catalog: Catalog;
  readonly clock: () => number;
  readonly staleIndexes: StaleIndexes;
  /** Index reads answer from this many milliseconds ago; 0 is now. */
  readonly staleMilliseconds: number;
  readonly tokens: ClientTokens;
  /** Whether who calls ends with this process. */
  readonly callerIsHere: boolean;
  /** Batches and pages stop after so many members; Infinity for no such fault. */
  readonly batchLimit: number;
}

/** One DynamoDB operation, with its answer. It throws AwsError before its first write, or not at all. */
export interface DynamodbOperation {
  readonly writes: boolean;
  readonly run: (context: DynamodbContext, input: Input) => Answer;
}
