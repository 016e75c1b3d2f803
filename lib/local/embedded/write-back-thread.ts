// Runs in a thread: writes the log back into the database file, and empties it, as often as it is asked to.
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";

// `write-back.ts` gives the path.
const database = new DatabaseSync(workerData as string, { timeout: 1_000 });

parentPort?.on("message", (wanted: Wanted) => {
  if (wanted === "end") {
    database.close();
    parentPort?.close();
    return;
  }
  // Beside writers; nobody writes while it is emptied.
  const mode = wanted === "write back" ? "PASSIVE" : "TRUNCATE";
  database.exec(`PRAGMA wal_checkpoint(${mode})`);
  parentPort?.postMessage("done");
});

/** What the thread is asked for. */
export type Wanted = "write back" | "empty" | "end";
