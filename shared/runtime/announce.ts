const listening = new Map<string, Set<() => void>>();
let everyoneIsHere = false;

/** Says that everything is announced in this process, so that nobody has to look in between. */
export function hearEveryone(): void {
  everyoneIsHere = true;
}

/** Whether what is waited for is announced in this process: then looking in between is only for accidents. */
export const hearsEveryone = () => everyoneIsHere;

/** Tells everyone in this process who listens to the topic now; nothing is kept for later. */
export function announce(topic: string): void {
  for (const hear of listening.get(topic) ?? []) hear();
}

/** Somebody who listens to a topic. */
export interface Listener {
  /**
   * Resolves when the topic is announced, or was since this last resolved (true), when so many milliseconds have passed or
   * the signal is aborted (false).
   */
  heard(ms: number, signal?: AbortSignal): Promise<boolean>;
  /** Listens no more. */
  end(): void;
}

/**
 * Begins to listen to a topic: what is announced while its caller looks is heard after it. On Lambda, where the one who
 * announces is another process, `heard` is only a sleep.
 */
export function listenTo(topic: string): Listener {
  let isAnnounced = false;
  let wake = () => {};
  const hear = () => {
    isAnnounced = true;
    wake();
  };
  const listeners = listening.get(topic) ?? new Set();
  listening.set(topic, listeners.add(hear));

  return {
    heard: async (ms, signal) => {
      if (!isAnnounced && !signal?.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
          signal?.addEventListener("abort", wake, { once: true });
        });
        signal?.removeEventListener("abort", wake);
      }
      const wasAnnounced = isAnnounced;
      isAnnounced = false;
      return wasAnnounced;
    },
    end: () => {
      listeners.delete(hear);
      if (listeners.size === 0 && listening.get(topic) === listeners) listening.delete(topic);
    },
  };
}

/** How many listen to the topic now. */
export const listenersOf = (topic: string) => listening.get(topic)?.size ?? 0;
