import { AsyncLocalStorage } from "node:async_hooks";

/** What one request or one job has cost so far, for its log line. */
export interface Meter {
  readUnits: number;
  writeUnits: number;
  /** Calls to the table and the queues. */
  calls: number;
  /** Those of them to the queues. */
  queueCalls: number;
}

const meters = new AsyncLocalStorage<Meter>();

/**
 * Runs something with a meter of its own. The context is for counting only:
 * on one machine many requests share one table, and no argument of theirs should exist for the log's sake.
 */
export const metered = <T>(meter: Meter, run: () => T): T => meters.run(meter, run);

/** A meter that shows nothing yet. */
export const newMeter = (): Meter => ({ readUnits: 0, writeUnits: 0, calls: 0, queueCalls: 0 });

/** Adds one call and its units to the meter of the request or job that runs. Does nothing outside of one. */
export function count(units: { read?: number; write?: number; queue?: number }): void {
  const meter = meters.getStore();
  if (!meter) return;
  meter.calls += 1;
  meter.readUnits += units.read ?? 0;
  meter.writeUnits += units.write ?? 0;
  meter.queueCalls += units.queue ?? 0;
}
