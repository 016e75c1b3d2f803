import { setImmediate } from "node:timers";
import { AwsError } from "./aws-error.ts";
import type { Database } from "./database.ts";

/** What hears how a turn went. */
export interface Watcher {
  /** Runs before the calls when another process has changed the database: what is kept in memory may be outdated. */
  changedElsewhere(): void;
  /** Runs after the commit, before the answers: what the calls changed is now visible to all. */
  committed(): void;
  /** Runs when the calls of the turn were undone, to forget what they would have announced. */
  undone(): void;
}

/** What a call does to the database: reads it, writes what a power cut may undo, or writes for good. */
export type Effect = "reads" | "writes" | "writes for good";

/** A call with what came of it; what its work gives is known to its caller alone. */
interface Call {
  readonly effect: Effect;
  readonly work: () => unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
  answer: unknown;
  error: unknown;
}

/** Gathers the calls of one event-loop turn, commits them together, and answers them (reads too) only then. */
export class Turns {
  readonly #database: Database;
  readonly #watcher: Watcher;
  #pending: Call[] = [];
  #closed = false;
  #isHeld = false;

  constructor(database: Database, watcher: Watcher) {
    this.#database = database;
    this.#watcher = watcher;
  }

  /**
   * Runs the work at the end of this turn and resolves with its answer after the commit.
   * Rejects with the AwsError the work threw (it must throw before its first write), or with InternalServerError.
   */
  submit<T>(effect: Effect, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new AwsError("InternalServerError", "The engine is closed", 500));
        return;
      }
      this.#pending.push({
        effect,
        work,
        // It gets what the work has given.
        resolve: resolve as (answer: unknown) => void,
        reject,
        answer: undefined,
        error: undefined,
      });
      if (this.#pending.length === 1) this.#flushSoon();
    });
  }

  /** Has calls wait until the function that is given back is called, or they are flushed. */
  hold(): () => void {
    this.#isHeld = true;
    return () => {
      this.#isHeld = false;
      this.#flushSoon();
    };
  }

  #flushSoon(): void {
    setImmediate(() => {
      if (!this.#isHeld) this.flush();
    });
  }

  /** Runs and answers what is pending now. */
  flush(): void {
    const calls = this.#pending;
    if (calls.length === 0) return;
    this.#pending = [];
    this.#run(calls);
    for (const { error, answer, resolve, reject } of calls) {
      if (error === undefined) resolve(answer);
      else reject(error);
    }
  }

  /** Answers what is pending and refuses what comes later. */
  close(): void {
    this.flush();
    this.#closed = true;
  }

  #run(calls: readonly Call[]): void {
    let healthy = calls;
    while (healthy.length > 0) {
      try {
        if (healthy.every(({ effect }) => effect === "reads")) this.#database.begin();
        else this.#database.beginWrite(healthy.some(({ effect }) => effect === "writes for good"));
        if (this.#database.changedElsewhere()) this.#watcher.changedElsewhere();
        const broken = healthy.find((call) => !attempt(call));
        if (broken === undefined) {
          this.#database.commit();
          this.#watcher.committed();
          return;
        }
        // When the engine itself fails in one call, nothing of that call may stay, and the others must not suffer.
        this.#database.rollback();
        this.#watcher.undone();
        healthy = healthy.filter((call) => call !== broken);
      } catch (error) {
        this.#undo();
        for (const call of healthy) call.error = internalError(error);
        return;
      }
    }
  }

  #undo(): void {
    this.#watcher.undone();
    try {
      this.#database.rollback();
    } catch {
      // The error that led here is the one to report.
    }
  }
}

/** False when the call failed for a reason of the engine's own; throws what SQLite reports. */
function attempt(call: Call): boolean {
  try {
    call.answer = call.work();
    // It may be the second time.
    call.error = undefined;
    return true;
  } catch (error) {
    if (isSqliteError(error)) throw error;
    call.error = error instanceof AwsError ? error : internalError(error);
    return error instanceof AwsError;
  }
}

function isSqliteError(error: unknown): boolean {
  return (
    typeof error === "object" &&
    error !== null &&
    "code" in error &&
    error.code === "ERR_SQLITE_ERROR"
  );
}

function internalError(cause: unknown): AwsError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const error = new AwsError("InternalServerError", message, 500);
  error.cause = cause;
  return error;
}
