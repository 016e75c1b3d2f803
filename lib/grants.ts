import type { Route } from "#shared/http/define-route";
import type { Worker } from "#shared/queue/define-worker";
import type { BlobUse, QueueName, TableOperation } from "#shared/runtime/grants";

/** All that a function may do: what its definition grants and what its kind needs by itself. */
export interface Needs {
  readonly table: readonly TableOperation[];
  readonly sends: readonly QueueName[];
  /** The queue that it reads, and whose messages it keeps hidden while it works. */
  readonly receives?: QueueName;
  readonly key: readonly ("seal" | "open")[];
  readonly blobs: readonly BlobUse[];
  /** Whether it tells others the address of the platform. */
  readonly publicUrl: boolean;
  /** Whether it calls models of the account's own Bedrock. */
  readonly models: boolean;
}

const unique = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];

/** What a route needs: the chain spends the key's minute, and on a POST keeps the answer for repeats. */
export function needsOfRoute({ method, auth, grants, answersSecret }: Route): Needs {
  const isKnown = "scope" in auth;
  const keepsAnswers = isKnown && method === "POST";
  return {
    table: unique<TableOperation>([
      ...(grants.table ?? []),
      ...(isKnown ? ["UpdateItem" as const] : []),
      ...(keepsAnswers ? ["PutItem" as const] : []),
    ]),
    sends: unique(grants.sends ?? []),
    blobs: unique(grants.blobs ?? []),
    models: grants.models === true,
    publicUrl: grants.publicUrl === true,
    key: unique<"seal" | "open">([
      ...(grants.key ?? []),
      // A kept answer with a secret is sealed.
      ...(keepsAnswers && answersSecret ? (["seal", "open"] as const) : []),
    ]),
  };
}

/** What a worker needs: one that reads a queue leases its work in the table. */
export function needsOfWorker({ trigger, grants }: Worker): Needs {
  const table = grants.table ?? [];
  const base = {
    sends: unique(grants.sends ?? []),
    key: unique(grants.key ?? []),
    blobs: unique(grants.blobs ?? []),
    models: grants.models === true,
    publicUrl: grants.publicUrl === true,
  };
  return "queue" in trigger
    ? { ...base, table: unique<TableOperation>([...table, "UpdateItem"]), receives: trigger.queue }
    : { ...base, table: unique(table) };
}
