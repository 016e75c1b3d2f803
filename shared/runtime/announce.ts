const waiting = new Map<string, Set<() => void>>();
let everyoneIsHere = false;

/** Says that everything is announced in this process, so that nobody has to look in between. */
export function hearEveryone(): void {
  everyoneIsHere = true;
}

/** Whether what is waited for is announced in this process: then looking in between is only for accidents. */
export const hearsEveryone = () => everyoneIsHere;

/** Wakes everyone in this process who waits for the topic now; nothing is kept for later. */
export function announce(topic: string): void {
  const listeners = waiting.get(topic);
  if (!listeners) return;
  waiting.delete(topic);
  for (const wake of listeners) wake();
}

/**
 * Resolves when the topic is announced (true), when so many milliseconds have passed or the signal is aborted (false).
 * Who must not miss an announcement begins to wait before looking. On Lambda, where the one who announces is another
 * process, it is only a sleep.
 */
export function announced(topic: string, ms: number, signal?: AbortSignal): Promise<boolean> {
  if (signal?.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const listeners = waiting.get(topic) ?? new Set();
    waiting.set(topic, listeners);
    const end = (isAnnounced: boolean) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
      listeners.delete(wake);
      if (listeners.size === 0 && waiting.get(topic) === listeners) waiting.delete(topic);
      resolve(isAnnounced);
    };
    const wake = () => end(true);
    const giveUp = () => end(false);
    const timer = setTimeout(giveUp, ms);
    listeners.add(wake);
    signal?.addEventListener("abort", giveUp, { once: true });
  });
}

/** How many wait for the topic now. */
export const waitersFor = (topic: string) => waiting.get(topic)?.size ?? 0;
