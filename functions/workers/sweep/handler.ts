import { newMeter, metered } from "#shared/runtime/meter";
import { log } from "#shared/runtime/log";
import { liveWork } from "#shared/work/live-work";
import { sweep, sweepAtStart } from "#shared/work/sweep";

/** Started by the clock; on one machine also once at start, with `{start: true}`. */
export const handler = async (event: { readonly start?: boolean }): Promise<void> => {
  const meter = newMeter();
  const startedAt = Date.now();
  const swept = await metered(meter, () =>
    event.start === true ? sweepAtStart(liveWork()) : sweep(liveWork()),
  );
  log("info", "sweep", { swept, ms: Date.now() - startedAt, ...meter });
};
