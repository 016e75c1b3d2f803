import type { Input } from "#lib/local/embedded/wire";
import type { Draws } from "./draws.ts";

/** A call of a process: an operation of the table or a queue, or what somebody outside is called (`model`). */
export interface Call {
  readonly operation: string;
  readonly input: Input;
}

/** What goes wrong with one call. */
export type Mishap =
  /** The process is killed before the call is made. */
  | { readonly kind: "crash_before" }
  /** The process is killed with the call under way: it happens, so many milliseconds later. */
  | { readonly kind: "crash_after"; readonly ms: number }
  /** Every process is killed, as when the only machine goes down, and one starts again; leases are then removed. */
  | { readonly kind: "machine_down"; readonly ms: number }
  /** Refused after all repeats: throttled, or no connection. */
  | { readonly kind: "refused" }
  /** Refused because of another transaction, which the product repeats. */
  | { readonly kind: "conflict" }
  /** Done, but the answer is lost after all repeats. */
  | { readonly kind: "answer_lost" }
  /** Done, the answer lost, and repeated by the SDK. */
  | { readonly kind: "repeated" }
  /** The call takes long. */
  | { readonly kind: "slow"; readonly ms: number }
  /** The process stands still before it calls, or before it hears, and goes on later as if nothing had been. */
  | { readonly kind: "stall_before" | "stall_after"; readonly ms: number }
  /** An index answers from a moment ago. */
  | { readonly kind: "stale_index"; readonly ms: number }
  /** A batch or a page ends after so many members. */
  | { readonly kind: "short_batch"; readonly count: number }
  /** A sent message is accepted and lost. */
  | { readonly kind: "lost" }
  | { readonly kind: "duplicate" }
  | { readonly kind: "late"; readonly seconds: number };

/** Says what goes wrong with a call: the n-th of a run or of one process, from 0. */
export type MishapPlan = (call: Call, index: number) => Mishap | undefined;

const write = /^(PutItem|UpdateItem|DeleteItem|TransactWriteItems)$/;
const send = /^SendMessage/;
/** The calls that each kind of mishap makes sense for. */
const befalls: Readonly<Record<Mishap["kind"], RegExp>> = {
  crash_before: /./,
  crash_after: /./,
  stall_before: /./,
  stall_after: /./,
  slow: /./,
  // Those outside are spelt small.
  refused: /^[A-Z]/,
  conflict: write,
  answer_lost: /Write|Message|^(Put|Update|Delete)Item/,
  repeated: /Write|^Send|^(Put|Update|Delete)Item/,
  stale_index: /^Query$/,
  short_batch: /^(Query|Batch\w+|SendMessageBatch)$/,
  lost: send,
  duplicate: send,
  late: send,
  machine_down: /./,
};

/** Every kind of mishap, for going through them one by one. */
export const mishapKinds = Object.keys(befalls) as readonly Mishap["kind"][];

const makesSense = (kind: Mishap["kind"], { operation, input }: Call) =>
  befalls[kind].test(operation) && (kind !== "stale_index" || "IndexName" in input);

/** A mishap of a kind, its size drawn; undefined when it makes no sense for such a call. */
export function mishap(kind: Mishap["kind"], of: Call, draws: Draws): Mishap | undefined {
  if (!makesSense(kind, of)) return undefined;
  switch (kind) {
    case "machine_down":
      return { kind, ms: draws.whole(500, 20_000) };
    case "crash_after":
      return { kind, ms: draws.chance(0.7) ? 0 : draws.whole(1, 40_000) };
    case "slow":
      return { kind, ms: draws.whole(1, draws.chance(0.3) ? 40_000 : 3_000) };
    case "stall_before":
    case "stall_after":
      return { kind, ms: draws.whole(1_000, draws.chance(0.5) ? 30_000 : 180_000) };
    case "stale_index":
      return { kind, ms: draws.whole(1, 30_000) };
    case "short_batch":
      return { kind, count: draws.whole(1, 3) };
    case "late":
      return { kind, seconds: draws.whole(1, 200) };
    case "crash_before":
    case "refused":
    case "conflict":
    case "answer_lost":
    case "repeated":
    case "lost":
    case "duplicate":
      return { kind };
  }
}

/** Mishaps by chance, up to a number. */
export function randomMishaps(draws: Draws, oneMachine: boolean): MishapPlan {
  const most = draws.pick([0, 1, 1, 1, 2, 2, 3, 4, 6, 9]);
  const rate = draws.pick([0.02, 0.05, 0.1, 0.3]);
  let count = 0;
  return (call) => {
    if (count >= most || !draws.chance(rate)) return undefined;
    count += 1;
    if (oneMachine && draws.chance(0.15)) return mishap("machine_down", call, draws);
    const others = mishapKinds.filter(
      (kind) => kind !== "machine_down" && kind !== "crash_before" && makesSense(kind, call),
    );
    return mishap(draws.pick(["crash_before", ...others]), call, draws);
  };
}
