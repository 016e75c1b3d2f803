import type { QueueName } from "#shared/runtime/grants";
import type { PlaceRecord } from "#shared/work/places";
import type { Agenda } from "./agenda.ts";
import type { Draws } from "./draws.ts";
import type { Call, Mishap, MishapPlan } from "./mishaps.ts";
import type { Observer } from "./observer.ts";
import type { Store } from "./store.ts";

/** How a world is. */
export interface WorldOptions {
  readonly store: Store;
  readonly draws: Draws;
  readonly mishaps: MishapPlan;
  readonly leaseMs: number;
  /** The furthest that two clocks are apart. */
  readonly skewMs: number;
  /** How late calls are answered when nothing goes wrong; with 0 they happen and are answered at once. */
  readonly latencyMs: number;
  /** How long a transaction holds its items, which conflicts with others; at once by default. */
  readonly transactionMs?: number;
  /** How many functions there are, of which slow work has its places: 4 unless given. */
  readonly functions?: number;
  /** Whether places are kept in memory, as on one machine. */
  readonly placesInMemory?: boolean;
  /** How many teams have the same story at the same time: one unless given. */
  readonly teams?: number;
}

/** What a process is in: the one time, what goes wrong with a call, and who else is there. */
export interface Surroundings {
  readonly agenda: Agenda;
  readonly options: WorldOptions;
  readonly observer: Observer;
  /** The places in the memory of the only machine. */
  readonly places: PlaceRecord | undefined;
  /** Rises when all processes die at once: what they had called and was not done is never done. */
  readonly epoch: number;
  /** A process is no more. */
  gone(process: Mortal): void;
  /** What goes wrong with the next call of a process for which nothing of its own is planned. */
  mishap(call: Call, told: string): Mishap | undefined;
  /** Every process dies; after a while one starts that sweeps as a start does, and only then the others. */
  machineDown(ms: number): void;
  /** Looks at a queue, which may have changed. */
  watch(queue: QueueName): void;
}

/** What can be killed. */
export interface Mortal {
  kill(): void;
}
