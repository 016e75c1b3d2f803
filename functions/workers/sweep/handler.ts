import type { Measured } from "#shared/runtime/embedded-metrics";
import { log } from "#shared/runtime/log";
import { metered, newMeter } from "#shared/runtime/meter";
import { liveWork } from "#shared/work/live-work";
import { sweep, sweepAtStart } from "#shared/work/sweep";

/** Its line is the sign of life that an alarm waits for. */
const measured: readonly Measured[] = [{ fields: ["oldest_work_seconds"] }];

/** Started by the clock; on one machine also once at start, with `{start: true}`. */
export const handler = async (event: { readonly start?: boolean }): Promise<void> => {
  const meter = newMeter();
  const startedAt = Date.now();
  const { swept, oldestMs } = await metered(meter, () =>
    event.start === true ? sweepAtStart(liveWork()) : sweep(liveWork()),
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
