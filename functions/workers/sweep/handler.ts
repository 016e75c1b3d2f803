import type { Measured } from "#shared/runtime/embedded-metrics";
import { log } from "#shared/runtime/log";
import { metered, newMeter } from "#shared/runtime/meter";
import { liveWork } from "#shared/work/live-work";
import { freeLeases, sweep, sweepAtStart } from "#shared/work/sweep";

/** Its line is the sign of life that an alarm waits for. */
const measured: readonly Measured[] = [{ fields: ["oldest_work_seconds"] }];

interface SweepEvent {
  readonly start?: "free leases" | "send";
}

/** Started by the clock; on one machine also at start, first with `free leases` and then with `send`. */
export const handler = async (event: SweepEvent): Promise<void> => {
  if (event.start === "free leases") return freeLeases(liveWork());
  const meter = newMeter();
  const startedAt = Date.now();
  const { swept, oldestMs } = await metered(meter, () =>
    event.start === "send" ? sweepAtStart(liveWork()) : sweep(liveWork()),
  );
  const fields = {
    swept,
    oldest_work_seconds: Math.round(oldestMs / 1000),
    ms: Date.now() - startedAt,
    calls: meter.calls,
    queue_calls: meter.queueCalls,
    read_units: meter.readUnits,
    write_units: meter.writeUnits,
  };
  log("info", "sweep", fields, measured);
};
