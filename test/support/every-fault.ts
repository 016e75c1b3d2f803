import { applies, type Fault } from "#lib/local/embedded/faults";

/** One of each kind that the engine knows. */
const every: readonly Fault[] = [
  { kind: "throttle" },
  { kind: "conflict" },
  { kind: "answer_lost" },
  { kind: "connection_lost" },
  { kind: "crash_before" },
  { kind: "crash_after" },
  { kind: "stale_index", milliseconds: 30_000 },
  { kind: "duplicate" },
  { kind: "late", seconds: 100 },
  { kind: "lost" },
  { kind: "short_batch", count: 1 },
];

/** Every fault that can befall a call of this operation. */
export const faultsOf = (operation: string): readonly Fault[] => {
  const service = operation.includes("Message") ? "sqs" : "dynamodb";
  return every.filter(({ kind }) => applies(kind, service, operation));
};
