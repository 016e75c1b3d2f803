import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Database } from "./database.ts";
import type { Turns } from "./turn.ts";
import type { Wanted } from "./write-back-thread.ts";

/** A page that many turns change is written back once, and the syncs of it come seldom: 5 to 20 MB of log. */
const commitsALog = 256;

/** Few commits write as much as this. */
const longLogBytes = 32 * 1024 * 1024;

/** To look how long it is takes some microseconds. */
const commitsALook = 16;

/**
 * Writes the log back into the database file, in a thread: its syncs would stop the event loop, for a tenth of a second
 * where a few thousand pages lie apart. Calls wait for the last of them only, which are few. Then the next commit begins
 * the log anew from its first byte; to cut it off as well takes longer, and is done when it has become long and each
 * minute.
 */
export class WriteBack {
  readonly #database: Database;
  readonly #turns: Turns;
  #thread: Worker | undefined;
  #work: Promise<void> | undefined;
  #commits = 0;
  #empties = false;

  constructor(database: Database, turns: Turns) {
    this.#database = database;
    this.#turns = turns;
  }

  /** Begins when much has come into the log; to be called after each commit. */
  whenLong(): void {
    this.#commits += 1;
    if (this.#work || this.#commits % commitsALook > 0) return;
    const isLong = this.#database.logBytes() >= longLogBytes;
    if (isLong) this.begin();
    else if (this.#commits >= commitsALog) this.#begin();
  }

  /** Begins to write back all that is in the log now, and to empty it. */
  begin(): void {
    this.#empties = true;
    if (!this.#work) this.#begin();
  }

  #begin(): void {
    this.#commits = 0;
    if (this.#database.logBytes() === 0) {
      this.#empties = false;
      return;
    }
    this.#work = this.#run()
      // On a full disk, say. It is tried again, and the calls that write tell.
      .catch(() => {
        this.#empties = false;
      })
      .finally(() => {
        this.#work = undefined;
        // It was asked for at the last moment.
        if (this.#empties) this.#begin();
      });
  }

  async #run(): Promise<void> {
    await this.#ask("write back");
    // SQLite syncs what it has written only when nothing came meanwhile.
    await this.#database.sync();
    await this.#ask("write back");
    const release = this.#turns.hold();
    const last = this.#empties ? "empty" : "write back";
    this.#empties = false;
    try {
      // Only what came during that is left to write, and to sync.
      await this.#ask(last);
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
    while (this.#work) await this.#work;
    const gone = once(thread, "exit");
    thread.postMessage("end" satisfies Wanted);
    await gone;
  }
}
