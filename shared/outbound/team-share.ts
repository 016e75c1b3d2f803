import { AsyncLocalStorage } from "node:async_hooks";
import { OutboundError } from "./outbound-error.ts";

const calling = new AsyncLocalStorage<string>();

/** Does work whose calls to other servers count against the share of this team. */
export const onShareOf = <T>(teamId: string, work: () => T): T => calling.run(teamId, work);

/** Waits for one of the team's places; what it resolves to gives it back. Throws `OutboundError`. */
export type TakePlace = (
  host: string,
  call: { readonly timeout_ms: number; readonly signal?: AbortSignal | undefined },
) => Promise<() => void>;

/**
 * Makes the places for calls: each team may have so many open at once, whatever others do. Who comes when none is free
 * waits, first come, first served.
 */
export function createTeamPlaces(most: number): TakePlace {
  const teams = new Map<string, { open: number; readonly waiting: Set<() => void> }>();

  return async (host, { timeout_ms, signal }) => {
    const id = calling.getStore() ?? "";
    const team = teams.get(id) ?? { open: 0, waiting: new Set() };
    teams.set(id, team);

    const release = () => {
      team.open -= 1;
      const [next] = team.waiting;
      next?.();
      if (team.open === 0) teams.delete(id);
    };
    if (team.open < most) {
      team.open += 1;
      return release;
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", stop);
        team.waiting.delete(begin);
      };
      const begin = () => {
        leave();
        team.open += 1;
        resolve(release);
      };
      const stop = () => {
        leave();
        reject(new OutboundError("aborted", `The call to ${host} was stopped.`));
      };
      const timer = setTimeout(() => {
        leave();
        const message = `The call to ${host} could not begin in time: ${most} calls of the team are open.`;
        reject(new OutboundError("timeout", message));
      }, timeout_ms);
      team.waiting.add(begin);
      signal?.addEventListener("abort", stop, { once: true });
    });
  };
}
