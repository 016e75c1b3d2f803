interface Entry {
  readonly at: number;
  readonly order: number;
  /** Undefined when it was cancelled. */
  run: (() => unknown) | undefined;
}

/** What something gives of which nothing follows: nobody needs to be waited for. */
export const nothingFollows = Symbol("nothing follows");

/** What will happen, and the time: it moves only from one thing that happens to the next. */
export class Agenda {
  now: number;
  /** How many things are to happen. */
  open = 0;
  /** How many are at work on something that takes turns of the event loop but no time: they are waited for. */
  computing = 0;
  #order = 0;
  /** A binary heap, the next on top. */
  readonly #heap: Entry[] = [];

  constructor(start: number) {
    this.now = start;
  }

  /** Has something happen in so many milliseconds; returns what cancels it. */
  in(ms: number, run: () => unknown): () => void {
    const entry: Entry = { at: this.now + Math.max(0, Math.ceil(ms)), order: this.#order++, run };
    this.#push(entry);
    this.open += 1;
    return () => {
      if (entry.run) this.open -= 1;
      entry.run = undefined;
    };
  }

  /** Lets the next thing happen, and all that follows from it at once; false when there is none before a time. */
  async next(until: number): Promise<boolean> {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined || top.at > until) return false;
      this.#pop();
      const { run } = top;
      if (!run) continue;
      top.run = undefined;
      this.open -= 1;
      this.now = top.at;
      if (run() !== nothingFollows) {
        do await settled();
        while (this.computing > 0);
      }
      return true;
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || before(above, entry)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const left = heap[child];
      const right = heap[child + 1];
      if (left === undefined) break;
      if (right !== undefined && before(right, left)) child += 1;
      const least = heap[child];
      if (least === undefined || before(last, least)) break;
      heap[index] = least;
      index = child;
    }
    heap[index] = last;
  }
}

/** Until the end of this turn every promise that can go on has gone on. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

const before = (one: Entry, other: Entry) =>
  one.at < other.at || (one.at === other.at && one.order < other.order);
