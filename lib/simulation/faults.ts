import type { Draws } from "./draws.ts";

/** What a process calls: the table, a queue, or somebody outside (a model, a tool, a receiver). */
export type CallKind = "read" | "write" | "send" | "queue" | "outside";

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
  /** Done, but the answer is lost after all repeats. */
  | { readonly kind: "answer_lost" }
  /** Done, the answer lost, and repeated by the SDK. */
  | { readonly kind: "repeated" }
  /** The call takes long. */
  | { readonly kind: "slow"; readonly ms: number }
  /** The process stands still before it calls, or before it hears, and goes on later as if nothing had been. */
  | { readonly kind: "stall_before" | "stall_after"; readonly ms: number }
  /** A sent message is accepted and lost. */
  | { readonly kind: "lost" }
  | { readonly kind: "duplicate" }
  | { readonly kind: "late"; readonly seconds: number };

/** Says what goes wrong with the n-th call of a run, from 0. */
export type MishapPlan = (index: number, kind: CallKind) => Mishap | undefined;

const always = ["crash_before", "crash_after", "stall_before", "stall_after", "slow"] as const;
const kindsOf: Record<CallKind, readonly [Mishap["kind"], ...Mishap["kind"][]]> = {
  read: [...always, "refused"],
  write: [...always, "refused", "answer_lost", "repeated"],
  send: [...always, "refused", "answer_lost", "repeated", "lost", "duplicate", "late"],
  queue: [...always, "refused", "answer_lost"],
  outside: always,
};

/** Every kind of mishap, for going through them one by one. */
export const mishapKinds = [...kindsOf.send, "machine_down"] as const;

/** A mishap of a kind, its size drawn; undefined when it makes no sense for such a call. */
export function mishap(kind: Mishap["kind"], of: CallKind, draws: Draws): Mishap | undefined {
  if (kind === "machine_down") return { kind, ms: draws.whole(500, 20_000) };
  if (!kindsOf[of].includes(kind)) return undefined;
  switch (kind) {
    case "crash_after":
      return { kind, ms: draws.chance(0.7) ? 0 : draws.whole(1, 40_000) };
    case "slow":
      return { kind, ms: draws.whole(1, draws.chance(0.3) ? 40_000 : 3_000) };
    case "stall_before":
    case "stall_after":
      return { kind, ms: draws.whole(1_000, draws.chance(0.5) ? 30_000 : 180_000) };
    case "late":
      return { kind, seconds: draws.whole(1, 200) };
    case "crash_before":
    case "refused":
    case "answer_lost":
    case "repeated":
    case "lost":
    case "duplicate":
      return { kind };
  }
}

/** One mishap at one call. */
export const oneFault =
  (at: number, kind: Mishap["kind"], draws: Draws): MishapPlan =>
  (index, of) =>
    index === at ? mishap(kind, of, draws) : undefined;

/** Mishaps by chance, up to a number. */
export function randomFaults(draws: Draws, oneMachine: boolean): MishapPlan {
  const most = draws.pick([0, 1, 1, 1, 2, 2, 3, 4, 6, 9]);
  const rate = draws.pick([0.02, 0.05, 0.1, 0.3]);
  let count = 0;
  return (_, of) => {
    if (count >= most || !draws.chance(rate)) return undefined;
    count += 1;
    const kind = oneMachine && draws.chance(0.15) ? "machine_down" : draws.pick(kindsOf[of]);
    return mishap(kind, of, draws);
  };
}
