import type { Context } from "aws-lambda";
import { newId } from "#shared/runtime/ids";
import { describeError, log } from "#shared/runtime/log";
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
  /** Runs every worker once with `{start: true}`: nothing else is at work yet. A failure is logged. */
  begin(): Promise<void>;
  /** Runs each worker at its interval; one that is still running is left out. */
  start(): void;
  /** Starts no more runs. */
  refuse(): void;
  /** Resolves when no worker is running. */
  idle(): Promise<void>;
}

/** Makes the clock; nothing runs before `begin` or `start`. */
export function createSweeperClock(workers: readonly ClockedWorker[]): SweeperClock {
  const inFlight = new InFlight();
  const timers: NodeJS.Timeout[] = [];
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

  return {
    begin: async () => {
      await Promise.all(workers.map((worker) => inFlight.track(run(worker, { start: true }))));
    },
    start: () => {
      for (const worker of workers) {
        const minute = () => void inFlight.track(run(worker, {}));
        timers.push(setInterval(minute, worker.everyMinutes * 60_000));
      }
    },
    refuse: () => {
      for (const timer of timers.splice(0)) clearInterval(timer);
    },
    idle: () => inFlight.idle(),
  };
}
