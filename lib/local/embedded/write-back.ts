import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Database } from "./database.ts";
import type { Turns } from "./turn.ts";
import type { Wanted } from "./write-back-thread.ts";

/** A page that many turns change is written back once, and the two syncs of it come seldom. */
const longLogBytes = 16 * 1024 * 1024;

/** To look how long it is takes some microseconds, and sixteen turns seldom write a megabyte. */
const commitsALook = 16;

/**
 * Writes the log back into the database file, in a thread: its syncs would stop the event loop, for a tenth of a second
 * where a few thousand pages lie apart. Calls wait for the last of them only, which are few.
 */
export class WriteBack {
  readonly #database: Database;
  readonly #turns: Turns;
  #thread: Worker | undefined;
  #work: Promise<void> | undefined;
  #commits = 0;

  constructor(database: Database, turns: Turns) {
    this.#database = database;
    this.#turns = turns;
  }

  /** Begins when the log has become long; to be called after each commit. */
  whenLong(): void {
    this.#commits += 1;
    if (this.#work || this.#commits % commitsALook > 0) return;
    if (this.#database.logBytes() >= longLogBytes) this.begin();
  }

  /** Begins to write back all that is in the log now, and to empty it. */
  begin(): void {
    if (this.#work || this.#database.logBytes() === 0) return;
    this.#work = this.#run()
      // On a full disk, say. It is tried again, and the calls that write tell.
      .catch(() => undefined)
      .finally(() => (this.#work = undefined));
  }

  async #run(): Promise<void> {
    await this.#ask("write back");
    const release = this.#turns.hold();
    try {
      // Only what came meanwhile is left to write.
      await this.#ask("empty");
    } finally {
      release();
    }
  }

  async #ask(wanted: Wanted): Promise<void> {
    const thread = (this.#thread ??= this.#start());
    const done = once(thread, "message");
    thread.postMessage(wanted);
    await done;
  }

  #start(): Worker {
    const file = new URL("./write-back-thread.ts", import.meta.url);
    const thread = new Worker(file, { workerData: this.#database.file });
    thread.on("error", () => (this.#thread = undefined)).unref();
    return thread;
  }

  /** Ends the thread, if there is one: its connection would keep the caller's from being the last of the file. */
  async close(): Promise<void> {
    const thread = this.#thread;
    if (!thread) return;
    thread.ref();
    await this.#work;
    const gone = once(thread, "exit");
    thread.postMessage("end" satisfies Wanted);
    await gone;
  }
}
