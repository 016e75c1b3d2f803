import { AsyncLocalStorage } from "node:async_hooks";
import { createSharedRoom, type GiveBack, type TakeRoom } from "../runtime/room.ts";
import { systemTimer } from "../runtime/timers.ts";
import { OutboundError } from "./outbound-error.ts";

const calling = new AsyncLocalStorage<string>();

/** Does work whose calls to other servers are counted for this team, apart for each purpose. */
export const countCallsFor = <T>(teamId: string, purpose: string, work: () => T): T =>
  calling.run(`${teamId} ${purpose}`, work);

/** Waits until a call may be opened. Throws `OutboundError`. */
export type OpenSlot = (
  host: string,
  call: { readonly timeout_ms: number; readonly signal?: AbortSignal | undefined },
) => Promise<CallSlot>;

/** The place of an open call. */
export interface CallSlot {
  /** Waits until there is room for an answer of so many bytes; asked for once. Rejects with the signal's reason. */
  readonly takeRoom: (bytes: number, signal: AbortSignal) => Promise<unknown>;
  /** Says that the call is over, and gives back what room it has. */
  readonly close: () => void;
}

/** What all may have: calls that are open, and bytes of large answers that are being read. */
export interface CallLimits {
  /** Of one team for one purpose. */
  readonly calls: number;
  readonly bytes: number;
  /** Of everybody. */
  readonly bytesOfAll: number;
}

interface Calls {
  open: number;
  readonly waiting: Set<() => void>;
}

/**
 * Makes the slots for open calls: each team has so many for each purpose, whatever others do. Who comes when all are in
 * use waits, first come, first served.
 */
export function createCallSlots({ calls: most, bytes, bytesOfAll }: CallLimits): OpenSlot {
  const counted = new Map<string, Calls>();
  const takeRoom = createSharedRoom(bytesOfAll, bytes);

  return async (host, { timeout_ms, signal }) => {
    const name = calling.getStore() ?? "";
    const calls = counted.get(name) ?? { open: 0, waiting: new Set() };
    counted.set(name, calls);

    const slot = () => slotOf((amount, until) => takeRoom(name, amount, until), close);
    const close = () => {
      calls.open -= 1;
      const [next] = calls.waiting;
      next?.();
      if (calls.open === 0) counted.delete(name);
    };
    if (calls.open < most) {
      calls.open += 1;
      return slot();
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
        resolve(slot());
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

function slotOf(take: TakeRoom, close: () => void): CallSlot {
  let taken: Promise<GiveBack> | undefined;
  return {
    takeRoom: (bytes, signal) => (taken = take(bytes, signal)),
    close: () => {
      taken?.then(
        (giveBack) => giveBack(),
        () => undefined,
      );
      close();
    },
  };
}
