import type { Input } from "./wire.ts";

/** The call a plan decides about. `index` counts the calls of the connection from 0, repeats by the SDK included. */
export interface FaultCall {
  readonly service: string;
  readonly operation: string;
  readonly index: number;
  readonly input: Input;
}

/** Something that can go wrong with one call. A fault that makes no sense for the operation does nothing. */
export type Fault =
  /** ProvisionedThroughputExceededException, RequestThrottled or SlowDown. Not applied. */
  | { readonly kind: "throttle" }
  /** TransactionConflictException, or a cancelled transaction whose reasons are conflicts. Not applied. */
  | { readonly kind: "conflict" }
  /** Applied, but the caller sees a broken connection (and the SDK repeats the call). */
  | { readonly kind: "answer_lost" }
  /** Not applied; the caller sees a broken connection. */
  | { readonly kind: "connection_lost" }
  /** Not applied; neither this nor any later call of the connection is ever answered. */
  | { readonly kind: "crash_before" }
  /** Applied; neither this nor any later call of the connection is ever answered. */
  | { readonly kind: "crash_after" }
  /** Query and Scan of an index answer from so many milliseconds ago. */
  | { readonly kind: "stale_index"; readonly milliseconds: number }
  /** A sent message is stored twice; a received one stays visible. */
  | { readonly kind: "duplicate" }
  /** A sent message becomes visible so many seconds later. */
  | { readonly kind: "late"; readonly seconds: number }
  /** A sent message is accepted and dropped; a received one is hidden and not handed out. */
  | { readonly kind: "lost" }
  /** Batches, pages and receives stop after so many members; the rest is left over as AWS leaves it. */
  | { readonly kind: "short_batch"; readonly count: number };

/** Says what goes wrong with a call, or undefined when nothing does. */
export type FaultPlan = (call: FaultCall) => Fault | undefined;

/** A plan that breaks given calls. `at` counts all calls, or, with `operation`, only those of that operation. */
export function scriptedFaults(
  script: readonly { readonly at: number; readonly fault: Fault; readonly operation?: string }[],
): FaultPlan {
  const seen = new Map<string, number>();
  return ({ index, operation }) => {
    const nth = seen.get(operation) ?? 0;
    seen.set(operation, nth + 1);
    return script.find((step) =>
      step.operation === undefined
        ? step.at === index
        : step.operation === operation && step.at === nth,
    )?.fault;
  };
}

/** How often each kind of fault happens, between 0 and 1, among the calls it makes sense for. */
export type FaultRates = Readonly<Partial<Record<Fault["kind"], number>>>;

/** A plan that breaks calls by chance: the same seed and calls give the same faults. */
export function seededFaults(seed: number, rates: FaultRates): FaultPlan {
  const random = mulberry32(seed);
  return ({ service, operation }) => {
    let hit: Fault["kind"] | undefined;
    // One draw for each kind, hit or not, so that one rate does not shift the others' luck.
    for (const kind of faultKinds) {
      const drawn = random() < (rates[kind] ?? 0);
      if (drawn && hit === undefined && applies(kind, service, operation)) hit = kind;
    }
    const size = random();
    return hit === undefined ? undefined : faultOf(hit, size);
  };
}

const faultKinds: readonly Fault["kind"][] = [
  "crash_before",
  "crash_after",
  "connection_lost",
  "answer_lost",
  "throttle",
  "conflict",
  "stale_index",
  "lost",
  "duplicate",
  "late",
  "short_batch",
];

const writeOperations: ReadonlySet<string> = new Set([
  "PutItem",
  "UpdateItem",
  "DeleteItem",
  "TransactWriteItems",
]);

const batchOperations: ReadonlySet<string> = new Set([
  "BatchGetItem",
  "BatchWriteItem",
  "Query",
  "Scan",
  "SendMessageBatch",
  "DeleteMessageBatch",
  "ChangeMessageVisibilityBatch",
  "ReceiveMessage",
]);

/** True when the fault changes what such a call does. */
export function applies(kind: Fault["kind"], service: string, operation: string): boolean {
  switch (kind) {
    case "conflict":
      return writeOperations.has(operation);
    case "stale_index":
      return operation === "Query" || operation === "Scan";
    case "duplicate":
    case "lost":
      return /^(?:Send|Receive)Message/.test(operation);
    case "late":
      return operation.startsWith("SendMessage");
    case "short_batch":
      return batchOperations.has(operation);
    case "throttle":
      return service === "dynamodb" || service === "sqs" || service === "s3";
    case "answer_lost":
    case "connection_lost":
    case "crash_before":
    case "crash_after":
      return true;
  }
}

function faultOf(kind: Fault["kind"], size: number): Fault {
  if (kind === "stale_index") return { kind, milliseconds: 1 + Math.floor(size * 2_000) };
  if (kind === "late") return { kind, seconds: 1 + Math.floor(size * 30) };
  if (kind === "short_batch") return { kind, count: 1 + Math.floor(size * 3) };
  return { kind };
}

// Tommy Ettinger's generator in Mark Adler's 32-bit form: small, and the same everywhere.
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
