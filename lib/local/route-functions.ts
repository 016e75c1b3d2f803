import { setTimeout as pause } from "node:timers/promises";
import { type LambdaHandler, loadHandler } from "#lib/manifest";
import { describeError, log } from "#shared/runtime/log";
import { stopping } from "#shared/runtime/stopping";

/** Between two functions, so that requests that come meanwhile wait for one of them at most. */
const restMs = 20;

/** The function of a route: most are called by nobody for long, and loading all of them is a fifth of a start. */
export function loadedAtFirstCall(folder: string): LambdaHandler {
  let loaded: LambdaHandler | undefined;
  return async (event, context) => (loaded ??= await loadHandler(folder))(event, context);
}

/**
 * Loads functions one after the other, each in a turn of its own, until the process is stopping. What runs is of one
 * version then, also when the checkout is changed below it. What cannot be loaded is logged.
 */
export async function loadRest(
  folders: readonly string[],
  load: (folder: string) => Promise<unknown> = loadHandler,
): Promise<void> {
  for (const folder of folders) {
    await pause(restMs, undefined, { ref: false });
    if (stopping.aborted) return;
    await load(folder).catch((error: unknown) => {
      log("error", "function_failed", { functionName: folder, ...describeError(error) });
    });
  }
}
