import { ApiError } from "../errors/api-error.ts";
import { systemRandom } from "../runtime/random.ts";
import { pauseFor, systemTimer } from "../runtime/timers.ts";

const tries = 20;
const promptTries = 3;
/** The next in line goes on after so long, whatever became of the one before. */
const longestTurnMs = 2_000;

/**
 * Makes a change of a thing until nobody was faster: `attempt` writes on the condition that what it read still stands,
 * and gives undefined when it does not. Who lost once goes one after another, as far as they are in one process; those
 * of other processes are kept apart by pauses. `attempt` is told when it has waited: what it knows is old then. Throws
 * a 503 that names the thing after twenty times.
 */
export async function overChanges<T extends object | string>(
  [what, id]: readonly [what: string, id: string],
  attempt: (hasWaited: boolean) => Promise<T | undefined>,
): Promise<T> {
  const first = await attempt(false);
  if (first !== undefined) return first;
  return inLine(id, async (hasWaited) => {
    for (let tried = 2; tried <= tries; tried++) {
      const isLate = tried > promptTries;
      if (isLate) await spread(tried);
      const done = await attempt(isLate || (hasWaited && tried === 2));
      if (done !== undefined) return done;
    }
    throw new ApiError(
      "service_unavailable",
      `The ${what} is being changed by others. Repeat this.`,
      { retryAfterSeconds: 1 },
    );
  });
}

/** Many who lost one race must not all meet again in the next: full jitter, up to 400 ms. */
const spread = (tried: number) =>
  pauseFor(systemTimer, systemRandom() * Math.min(400, 2 * 2 ** tried));

/** The last in line for each thing. */
const lines = new Map<string, Promise<void>>();

async function inLine<T>(id: string, run: (hasWaited: boolean) => Promise<T>): Promise<T> {
  const before = lines.get(id);
  const { promise: mine, resolve: leave } = Promise.withResolvers<void>();
  lines.set(id, mine);
  await before;
  const cancel = systemTimer(longestTurnMs, leave);
  try {
    return await run(before !== undefined);
  } finally {
    cancel();
    leave();
    if (lines.get(id) === mine) lines.delete(id);
  }
}
