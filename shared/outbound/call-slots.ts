import { AsyncLocalStorage } from "node:async_hooks";
import { systemTimer } from "../runtime/timers.ts";
import { OutboundError } from "./outbound-error.ts";

const calling = new AsyncLocalStorage<string>();

/** Does work whose calls to other servers are counted for this team, apart for each purpose. */
export const countCallsFor = <T>(teamId: string, purpose: string, work: () => T): T =>
  calling.run(`${teamId} ${purpose}`, work);

/** Waits until a call may be opened; what it resolves to says that it is over. Throws `OutboundError`. */
export type OpenSlot = (
  host: string,
  call: { readonly timeout_ms: number; readonly signal?: AbortSignal | undefined },
) => Promise<() => void>;

/**
 * Makes the slots for open calls: each team has so many for each purpose, whatever others do. Who comes when all are in
 * use waits, first come, first served.
 */
export function createCallSlots(most: number): OpenSlot {
  const counted = new Map<string, { open: number; readonly waiting: Set<() => void> }>();

  return async (host, { timeout_ms, signal }) => {
    const name = calling.getStore() ?? "";
    const calls = counted.get(name) ?? { open: 0, waiting: new Set() };
    counted.set(name, calls);

    const close = () => {
      calls.open -= 1;
      const [next] = calls.waiting;
      next?.();
      if (calls.open === 0) counted.delete(name);
    };
    if (calls.open < most) {
      calls.open += 1;
      return close;
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        cancel();
        signal?.removeEventListener("abort", stop);
        calls.waiting.delete(begin);
      };
      const begin = () => {
        leave();
        calls.open += 1;
        resolve(close);
      };
      const stop = () => {
        leave();
        reject(new OutboundError("aborted", `The call to ${host} was stopped.`));
      };
      const cancel = systemTimer(timeout_ms, () => {
        leave();
        const message = `The call to ${host} could not begin in time: ${most} calls of the team are open.`;
        reject(new OutboundError("timeout", message));
      });
      if (signal?.aborted) return stop();
      calls.waiting.add(begin);
      signal?.addEventListener("abort", stop, { once: true });
    });
  };
}
