import type { Context } from "aws-lambda";
import { newId } from "#shared/runtime/ids";
import { describeError, log } from "#shared/runtime/log";
import { systemTimer, type Timer } from "#shared/runtime/timers";
import { InFlight } from "./in-flight.ts";
import { invoke } from "./invocation.ts";

/** A worker that a clock starts. */
export interface ClockedWorker {
  readonly name: string;
  readonly everyMinutes: number;
  readonly timeoutSeconds: number;
  readonly handler: (event: unknown, context: Context) => Promise<unknown>;
}

/** The clock of the workers that no queue starts. */
export interface SweeperClock {
  /**
   * Begins to run every worker once. Where nothing else can be at work, each is told to send what is due, and before that
   * to free leases: then this is done when those are free. A failure is logged.
   */
  begin(isAlone: boolean): Promise<void>;
  /** Runs each worker at its interval; one that is still running is left out. */
  start(): void;
  /** Starts no more runs. */
  refuse(): void;
  /** Resolves when no worker is running. */
  idle(): Promise<void>;
}

/** Makes the clock; nothing runs before `begin` or `start`. */
export function createSweeperClock(
  workers: readonly ClockedWorker[],
  timer: Timer = systemTimer,
): SweeperClock {
  const inFlight = new InFlight();
  const cancels = new Map<ClockedWorker, () => void>();
  const running = new Set<ClockedWorker>();

  const run = async (worker: ClockedWorker, event: unknown) => {
    if (running.has(worker)) return;
    running.add(worker);
    try {
      await invoke(worker.handler, event, {
        functionName: worker.name,
        requestId: newId("req"),
        timeoutMs: worker.timeoutSeconds * 1000,
      });
    } catch (error) {
      log("error", "function_failed", { functionName: worker.name, ...describeError(error) });
    } finally {
      running.delete(worker);
    }
  };

  const runAll = (event: unknown) =>
    Promise.all(workers.map((worker) => inFlight.track(run(worker, event))));

  const arm = (worker: ClockedWorker) => {
    const tick = () => {
      arm(worker);
      void inFlight.track(run(worker, {}));
    };
    cancels.set(worker, timer(worker.everyMinutes * 60_000, tick));
  };

  return {
    begin: async (isAlone) => {
      if (isAlone) await runAll({ start: "free leases" });
      // What is due may be much, and the first requests need not wait for it.
      void runAll(isAlone ? { start: "send" } : {});
    },
    start: () => workers.forEach(arm),
    refuse: () => {
      for (const cancel of cancels.values()) cancel();
    },
    idle: () => inFlight.idle(),
  };
}
