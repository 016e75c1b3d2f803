const waiting = new Map<string, Set<() => void>>();

/** Wakes everyone in this process who waits for the topic now; nothing is kept for later. */
export function announce(topic: string): void {
  const listeners = waiting.get(topic);
  if (!listeners) return;
  waiting.delete(topic);
  for (const wake of listeners) wake();
}

/**
 * Resolves when the topic is announced, when so many milliseconds have passed, or when the signal is aborted.
 * Who must not miss an announcement begins to wait before looking. On Lambda, where the one who announces is another
 * process, it is only a sleep.
 */
export function announced(topic: string, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const listeners = waiting.get(topic) ?? new Set();
    waiting.set(topic, listeners);
    const wake = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", wake);
      listeners.delete(wake);
      if (listeners.size === 0 && waiting.get(topic) === listeners) waiting.delete(topic);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    listeners.add(wake);
    signal?.addEventListener("abort", wake, { once: true });
  });
}

/** How many wait for the topic now. */
export const waitersFor = (topic: string) => waiting.get(topic)?.size ?? 0;
