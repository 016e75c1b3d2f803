import { TransactionConflictException } from "@aws-sdk/client-dynamodb";
import { unavailable } from "../errors/api-error.ts";
import { hearsEveryone } from "../runtime/announce.ts";
import { timeLeft } from "../runtime/meter.ts";
import { systemTimer } from "../runtime/timers.ts";
import { pauseAfter, tries } from "./pauses.ts";

const promptTries = 3;
/** The next in line goes on after so long, whatever became of the one before. */
const longestTurnMs = 2_000;

/**
 * Makes a change of a thing until nobody was faster: `attempt` writes on the condition that what it read still stands,
 * and gives undefined when it does not, with what it has learned; a conflict of its transaction counts as that, without
 * any. `attempt` is told when what it knows is old. Where everyone is in one process they go one after another; those of
 * many processes are kept apart by pauses. Throws a 503 that names the thing after thirty times, and instead of a try
 * that would begin after the time of its request: what is refused with it was not done, and is not done later.
 */
export function overChanges<T extends object | string>(
  [what, id]: readonly [what: string, id: string],
  attempt: (isOld: boolean) => Promise<T | undefined>,
): Promise<T> {
  return hearsEveryone() ? inLine(id, change) : change(false);

  async function change(hasWaited: boolean): Promise<T> {
    let isOld = hasWaited;
    for (let tried = 1; tried <= tries && timeLeft() > 0; tried++) {
      const done = await attempt(isOld).catch(asConflict);
      if (done !== undefined && done !== conflict) return done;
      // Many who lost one race must not all meet again in the next.
      isOld = done === conflict || tried >= promptTries;
      if (isOld) await pauseAfter(tried);
    }
    throw unavailable(`The ${what} is being changed by others. Nothing was done: repeat this.`);
  }
}

const conflict = Symbol("conflict");

function asConflict(error: unknown): typeof conflict {
  if (error instanceof TransactionConflictException) return conflict;
  throw error;
}

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
