import { AsyncLocalStorage } from "node:async_hooks";
import { systemClock } from "./clock.ts";

/** What one request or one job has cost so far, for its log line, and until when it may go on. */
export interface Meter {
  readUnits: number;
  writeUnits: number;
  /** Calls to the table and the queues. */
  calls: number;
  /** Those of them to the queues. */
  queueCalls: number;
  /** When a request must be answered, in unix milliseconds; a job ends with its lease. */
  until?: number;
}

const meters = new AsyncLocalStorage<Meter>();

/**
 * Runs something with a meter of its own. The context is for counting and for the time only: on one machine many requests
 * share one table, and no argument of theirs should exist for the log's sake.
 */
export const metered = <T>(meter: Meter, run: () => T): T => meters.run(meter, run);

/** A meter that shows nothing yet. */
export const newMeter = (): Meter => ({ readUnits: 0, writeUnits: 0, calls: 0, queueCalls: 0 });

/**
 * Milliseconds that the request which runs still has; infinite for a job. After them its caller has been told that it was
 * not done, so it begins no write any more: here it would go on unheard, and in Lambda with the next request.
 */
export const timeLeft = () => (meters.getStore()?.until ?? Infinity) - systemClock();

/** Adds one call and its units to the meter of the request or job that runs. Does nothing outside of one. */
export function count(units: { read?: number; write?: number; queue?: number }): void {
  const meter = meters.getStore();
  if (!meter) return;
  meter.calls += 1;
  meter.readUnits += units.read ?? 0;
  meter.writeUnits += units.write ?? 0;
  meter.queueCalls += units.queue ?? 0;
}
