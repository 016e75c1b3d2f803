import { settled } from "#lib/simulation/agenda";
import { createDraws } from "#lib/simulation/draws";
import type { Mishap, MishapPlan } from "#lib/simulation/mishaps";
import type { ProcessOptions, SimulatedProcess } from "#lib/simulation/simulated-process";
import { openStore } from "#lib/simulation/store";
import { World } from "#lib/simulation/world";
import type { Received } from "#shared/queue/serve-worker";
import type { QueueName } from "#shared/runtime/grants";

export type { SimulatedProcess };

const nothing: MishapPlan = () => undefined;
/**
 * A world of its own: a table and queues in memory, several processes on them, whose calls happen at once, and a time
 * that only `advance` moves, from one thing to happen to the next.
 */
export function startSimulation({ leaseMs = 5_000 }: { readonly leaseMs?: number } = {}) {
  const store = openStore();
  const draws = createDraws(1, 0);
  const world = new World({ store, draws, mishaps: nothing, leaseMs, skewMs: 0, latencyMs: 0 });
  const { agenda } = world;
  const goOnUntil = async (until: number) => {
    await settled();
    while (await agenda.next(until));
  };

  return {
    world,
    clock: () => agenda.now,
    process: (options: ProcessOptions = {}) =>
      world.process("process", { mishaps: nothing, ...options }),

    /** Gives the messages of a queue to a consumer; to the last one given that is alive. */
    feed: <M>(
      queue: QueueName,
      process: SimulatedProcess,
      take: (received: Received<M>) => Promise<void>,
    ) => world.serve(queue, 300, () => take, process),

    /** Sweeps each minute from now on. */
    sweepEachMinute: (process: SimulatedProcess) =>
      world.sweepEachMinute(60_000, () => (process.isDead ? undefined : process)),

    /** Lets everything happen that happens now. */
    rest: () => goOnUntil(agenda.now),

    /** Moves time on, from one thing to happen to the next. */
    advance: async (ms: number) => {
      const until = agenda.now + ms;
      await goOnUntil(until);
      agenda.now = until;
    },

    /** Takes what is visible in a queue now. */
    take: (queue: QueueName): unknown[] => {
      const bodies: unknown[] = [];
      for (;;) {
        const messages = store.receive(queue);
        if (messages.length === 0) return bodies;
        for (const { body, receiptHandle } of messages) {
          store.delete(queue, receiptHandle);
          bodies.push(JSON.parse(body));
        }
      }
    },

    /** Every row of the table. */
    rows: () => store.rows(),

    /** When the next message of a queue is visible, in milliseconds from now; undefined when there is none. */
    nextMessageIn: (queue: QueueName) => {
      const visible = store.nextVisibleAt(queue);
      return visible === undefined ? undefined : visible - agenda.now;
    },

    close: () => store.close(),
  };
}

/** A started simulation. */
export type Simulation = ReturnType<typeof startSimulation>;

/** One mishap: at the n-th call of a process from 0, or at the n-th of an operation. */
export function mishapAt(at: number, mishap: Mishap, operation?: string): MishapPlan {
  let seen = 0;
  return (call, index) => {
    const nth = operation === undefined ? index : call.operation === operation ? seen++ : -1;
    return nth === at ? mishap : undefined;
  };
}

/** A process that stands still when it has made so many calls, and has not heard the answer to the last. */
export const stallingAt = (simulation: Simulation, calls: number): SimulatedProcess =>
  simulation.process({ mishaps: mishapAt(calls, { kind: "stall_after", ms: Infinity }) });
