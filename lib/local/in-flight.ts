/** Counts what is running and says when nothing is. */
export class InFlight {
  #count = 0;
  readonly #whenIdle: (() => void)[] = [];

  get count(): number {
    return this.#count;
  }

  /** Counts a run until it ends, whichever way; gives it back. */
  track<T>(run: Promise<T>): Promise<T> {
    this.#count += 1;
    return run.finally(() => {
      this.#count -= 1;
      if (this.#count === 0) for (const wake of this.#whenIdle.splice(0)) wake();
    });
  }

  /** Resolves when nothing is running. */
  idle(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((wake) => this.#whenIdle.push(wake));
  }
}
