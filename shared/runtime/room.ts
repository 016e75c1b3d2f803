/**
 * Waits until so much room is free, first come, first served; what it resolves to gives it back. Who wants more than there
 * is gets all of it. Rejects with the signal's reason.
 */
export type TakeRoom = (amount: number, signal: AbortSignal) => Promise<GiveBack>;

/** Gives room back, all of it or all but so much. */
export type GiveBack = (keep?: number) => void;

/** Makes room for things that this process must not have too much of at once. */
export function createRoom(total: number): TakeRoom {
  let free = total;
  const waiting = new Set<{ readonly amount: number; readonly begin: () => void }>();
  const letIn = () => {
    for (const next of waiting) {
      // Who comes later waits too, or the large would never have their turn.
      if (next.amount > free) return;
      next.begin();
    }
  };

  return (wanted, signal) =>
    new Promise((resolve, reject) => {
      const amount = Math.min(wanted, total);
      const leave = () => {
        waiting.delete(one);
        signal.removeEventListener("abort", stop);
      };
      const one = {
        amount,
        begin: () => {
          leave();
          free -= amount;
          let held = amount;
          resolve((keep = 0) => {
            const left = Math.min(keep, held);
            free += held - left;
            held = left;
            letIn();
          });
        },
      };
      const stop = () => {
        leave();
        reject(signal.reason as Error);
        letIn();
      };
      if (signal.aborted) return stop();
      signal.addEventListener("abort", stop, { once: true });
      waiting.add(one);
      letIn();
    });
}
