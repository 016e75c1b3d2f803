import { countCallsFor } from "../outbound/call-slots.ts";
import type { Id } from "../runtime/ids.ts";
import { type HoldDeps, whileHeld } from "../work/hold-request.ts";

/**
 * Does what a request asks of a platform until its deadline. It is given what goes into its patience: too many wait, and
 * after a second it is not to be waited for any longer.
 */
export const askInRequest = <T>(
  deps: HoldDeps,
  asked: { readonly team_id: Id<"team">; readonly target: Id<"bot"> | Id<"ch"> },
  deadline: number,
  act: (turnedAway: AbortSignal) => Promise<T>,
): Promise<T> =>
  countCallsFor(asked.team_id, "channels", () => whileHeld(deps, asked, deadline, act));
