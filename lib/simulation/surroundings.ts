import type { Input } from "#lib/local/embedded/wire";
import type { Agenda } from "./agenda.ts";
import type { Draws } from "./draws.ts";
import type { CallKind, MishapPlan, Mishap } from "./faults.ts";
import type { Store } from "./store.ts";

/** How a world is. */
export interface WorldOptions {
  readonly store: Store;
  readonly draws: Draws;
  readonly faults: MishapPlan;
  readonly leaseMs: number;
  /** The furthest that two clocks are apart. */
  readonly skewMs: number;
  /** How late calls are answered when nothing goes wrong. */
  readonly latencyMs: number;
  /** How long a function of the executions worker may run, in seconds. */
  readonly functionSeconds: number;
}

/** Told of what the table has done. */
export interface Witness {
  wrote(operation: string, input: Input): void;
  /** A fault; its consequence ends at a time. */
  fault(until: number): void;
  /** The consequence of the last fault ends no sooner. */
  faultLasts(until: number): void;
}

/** What a process is in: the one time, what goes wrong with a call, and who else is there. */
export interface Surroundings {
  readonly agenda: Agenda;
  readonly options: WorldOptions;
  readonly witness: Witness;
  /** Rises when all processes die at once: what they had called and was not done is never done. */
  readonly epoch: number;
  /** A process is no more. */
  gone(process: Mortal): void;
  /** What goes wrong with the next call. */
  mishap(who: string, what: string, kind: CallKind): Mishap | undefined;
  /** Every process dies; after a while one starts that sweeps as a start does, and only then the others. */
  machineDown(ms: number): void;
  /** Looks at all queues: one may have changed. */
  watchAll(): void;
}

/** What can be killed. */
export interface Mortal {
  kill(): void;
}
