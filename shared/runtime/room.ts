/**
 * Waits until so much room is free, first come, first served; what it resolves to gives it back. Who wants more than there
 * is gets all of it. Rejects with the signal's reason.
 */
export type TakeRoom = (amount: number, signal: AbortSignal) => Promise<GiveBack>;

/** As `TakeRoom`, for one of several that share the room: by the name of who it is. */
export type TakeSharedRoom = (of: string, amount: number, signal: AbortSignal) => Promise<GiveBack>;

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

/**
 * Makes room that several share, each of them at most so much of it. Each waits for its own part first: so none has more
 * than that in the line of all.
 */
export function createSharedRoom(total: number, each: number): TakeSharedRoom {
  const takeOfAll = createRoom(total);
  const parts = new Map<string, { readonly take: TakeRoom; users: number }>();

  return async (of, wanted, signal) => {
    const part = parts.get(of) ?? { take: createRoom(each), users: 0 };
    parts.set(of, part);
    const leave = () => {
      part.users -= 1;
      if (part.users === 0) parts.delete(of);
    };
    const amount = Math.min(wanted, each);
    part.users += 1;
    let giveBackPart: GiveBack | undefined;
    try {
      giveBackPart = await part.take(amount, signal);
      const giveBack = await takeOfAll(amount, signal);
      let isOver = false;
      return (keep = 0) => {
        if (isOver) return;
        isOver = keep === 0;
        giveBack(keep);
        giveBackPart?.(keep);
        if (isOver) leave();
      };
    } catch (error) {
      giveBackPart?.();
      leave();
      throw error;
    }
  };
}
