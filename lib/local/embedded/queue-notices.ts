/** Tells listeners that something may have become visible in their queue. */
export class QueueNotices {
  readonly #listeners = new Map<string, Set<() => void>>();

  /** Calls the listener after each turn that changed the queue, until the function given back is called. */
  subscribe(queue: string, listener: () => void): () => void {
    let listeners = this.#listeners.get(queue);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(queue, listeners);
    }
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  /** Tells every listener. */
  announceAll(): void {
    this.announce(new Set(this.#listeners.keys()));
  }

  /** Tells the listeners of these queues, each once. */
  announce(queues: ReadonlySet<string>): void {
    for (const queue of queues) {
      for (const listener of this.#listeners.get(queue) ?? []) queueMicrotask(listener);
    }
  }
}
