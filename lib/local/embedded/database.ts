import { closeSync, fdatasync, openSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";

/** What can be stored in a column here. */
export type SqlValue = string | number | null | Uint8Array;

/** A prepared statement whose rows are arrays of columns. */
export interface Statement<Row extends readonly unknown[]> {
  get(...values: SqlValue[]): Row | undefined;
  all(...values: SqlValue[]): Row[];
  iterate(...values: SqlValue[]): Iterable<Row>;
  run(...values: SqlValue[]): { changes: number | bigint; lastInsertRowid: number | bigint };
}

/** One SQLite connection with its prepared statements, each prepared once. */
export interface Database {
  prepare<Row extends readonly unknown[] = []>(sql: string): Statement<Row>;
  execute(sql: string): void;
  begin(): void;
  /** With durability "power", what need not last is on the disk only after the next commit of what must. */
  beginWrite(mustLast?: boolean): void;
  commit(): void;
  rollback(): void;
  /** True when another process has changed the file since the last call; ask inside a transaction. */
  changedElsewhere(): boolean;
  /** Its path. */
  readonly file: string;
  /** How long the log beside the file is; 0 in memory. */
  logBytes(): number;
  /** Has the disk hold all that was written into the file itself, without a stop of the event loop. */
  sync(): Promise<void>;
  /** Writes the log back into the database file and closes it. */
  close(): void;
}

const busyTimeoutMs = 5_000;

const syncData = promisify(fdatasync);

const schema = `
  CREATE TABLE IF NOT EXISTS catalog (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, definition TEXT NOT NULL, created_at INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS key_file (id TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS client_tokens (
    token TEXT PRIMARY KEY, request TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS client_tokens_expiry ON client_tokens (expires_at);
  CREATE TABLE IF NOT EXISTS queues (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, attributes TEXT NOT NULL, created_at INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY, queue INTEGER NOT NULL, visible_at INTEGER NOT NULL, message_id TEXT NOT NULL,
    body TEXT NOT NULL, body_md5 TEXT NOT NULL, details TEXT, sent_at INTEGER NOT NULL,
    receive_count INTEGER NOT NULL, first_received_at INTEGER, receipt TEXT);
  DROP INDEX IF EXISTS messages_visible;
  CREATE INDEX IF NOT EXISTS messages_groups ON messages (
    queue, coalesce(json_extract(details, '$.group_id'), ''), visible_at);
`;

/**
 * Opens (and creates) the database file in WAL mode, so that a second process may use it at the same time.
 * A lock held by that process is waited for, up to 5 s.
 */
export function openDatabase(file: string, durability: "process" | "power"): Database {
  const connection = new DatabaseSync(file, { timeout: busyTimeoutMs });
  connection.exec("PRAGMA journal_mode = WAL");
  connection.exec(`PRAGMA synchronous = ${durability === "power" ? "FULL" : "NORMAL"}`);
  connection.exec("PRAGMA temp_store = MEMORY");
  // 64 MB of log, which nothing lets come about that writes back in a thread.
  connection.exec("PRAGMA wal_autocheckpoint = 16000");
  // Zeros over what is deleted. FAST would leave whole pages as they are, so all longer texts.
  connection.exec("PRAGMA secure_delete = ON");
  connection.exec(`BEGIN IMMEDIATE; ${schema} COMMIT`);

  const log = file === ":memory:" ? undefined : `${file}-wal`;
  const statements = new Map<string, unknown>();
  const prepare = <Row extends readonly unknown[]>(sql: string): Statement<Row> => {
    let statement = statements.get(sql);
    if (statement === undefined) {
      const prepared = connection.prepare(sql);
      prepared.setReturnArrays(true);
      statement = prepared;
      statements.set(sql, statement);
    }
    // SQLite does not know the types of its columns; the caller states them beside its SQL.
    return statement as Statement<Row>;
  };
  const begin = prepare("BEGIN");
  const beginWrite = prepare("BEGIN IMMEDIATE");
  const commit = prepare("COMMIT");
  let isSynced = durability === "power";
  const setSynced = (next: boolean) => {
    if (durability !== "power" || next === isSynced) return;
    isSynced = next;
    connection.exec(`PRAGMA synchronous = ${next ? "FULL" : "NORMAL"}`);
  };
  // Closing it would end the locks that SQLite has in this process on the same file, so it is closed after them.
  let descriptor: number | undefined;
  const version = prepare<[number]>("PRAGMA data_version");
  let seen = version.get()?.[0];
  return {
    prepare,
    execute: (sql) => connection.exec(sql),
    begin: () => void begin.run(),
    beginWrite: (mustLast = true) => {
      setSynced(mustLast);
      beginWrite.run();
    },
    commit: () => void commit.run(),
    rollback: () => {
      // SQLite rolls back by itself on some errors (a full disk), and then has nothing left to roll back.
      if (connection.isTransaction) connection.exec("ROLLBACK");
    },
    changedElsewhere: () => {
      const now = version.get()?.[0];
      const changed = now !== seen;
      seen = now;
      return changed;
    },
    file,
    logBytes: () => (log && statSync(log, { throwIfNoEntry: false })?.size) || 0,
    sync: async () => {
      if (log) await syncData((descriptor ??= openSync(file, "r+")));
    },
    close: () => {
      statements.clear();
      connection.close();
      if (descriptor !== undefined) closeSync(descriptor);
    },
  };
}
