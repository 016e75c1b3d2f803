import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { explainFileError, StartError } from "./start-error.ts";

/** Stands for a data folder that is never written: everything lives as long as the process. */
export const inMemory = ":memory:";

/** Where everything of one machine is kept. */
export interface DataFolder {
  readonly path: string;
  readonly database: string;
  /** The key that the secrets in the database are wrapped with. */
  readonly keyFile: string;
  /** What stands in for buckets of S3. */
  readonly buckets: string;
  readonly demoFile: string;
  readonly assets: string;
}

/** Makes the folder if need be, for its owner alone. Throws a StartError when that cannot be. */
export function openDataFolder(dir: string): DataFolder {
  const folder = dataFolderAt(dir);
  try {
    makeFolder(folder.path);
  } catch (error) {
    throw explainFileError(error, folder.path);
  }
  return folder;
}

/** A folder that a platform is kept in already. Throws a StartError when there is none, and makes none. */
export function findDataFolder(dir: string): DataFolder {
  const folder = dataFolderAt(dir);
  try {
    if (statSync(folder.database, { throwIfNoEntry: false })) return folder;
  } catch (error) {
    throw explainFileError(error, folder.path);
  }
  throw new StartError(
    `There is no platform in ${folder.path}. Set DATA_DIR to the folder that its server keeps everything in.`,
  );
}

function dataFolderAt(dir: string): DataFolder {
  const path = resolve(dir);
  return {
    path,
    database: join(path, "platform.sqlite"),
    keyFile: join(path, "master.key"),
    buckets: join(path, "buckets"),
    demoFile: join(path, "demo.json"),
    assets: join(path, "assets"),
  };
}

/** Step by step: Node's own recursive mkdir never ends where a file system refuses with ENOENT, as /proc does. */
function makeFolder(path: string): void {
  if (existsSync(path)) {
    if (!statSync(path).isDirectory()) throw Object.assign(new Error(path), { code: "ENOTDIR" });
    return;
  }
  makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have made it just now.
    if (!existsSync(path)) throw error;
  }
}

/**
 * Makes this process the folder's only server until the function that it returns is called, or it ends in any
 * way: the system itself frees the lock. Throws a StartError when there is another server.
 */
export function lockServer({ path }: DataFolder): () => void {
  const other = `Another server is running on ${path}. Stop it, or set DATA_DIR to another folder.`;
  return lock(path, "server.lock", 0, other);
}

/** Makes one process after the other set up the folder: many commands may be the first at once. */
export function lockSetUp({ path }: DataFolder): () => void {
  return lock(path, "set-up.lock", 20_000, `Another process does not let go of ${path}.`);
}

/** A SQLite file held with an exclusive lock, which the system frees also when the process is killed. */
function lock(path: string, name: string, timeout: number, whenHeld: string): () => void {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(path, name), { timeout });
    // Never committed. The write shows whether the disk takes any.
    database.exec("BEGIN EXCLUSIVE; CREATE TABLE held (by INTEGER)");
    const held = database;
    return () => held.close();
  } catch (error) {
    database?.close();
    const isHeld = error instanceof Error && "errcode" in error && error.errcode === 5;
    throw isHeld ? new StartError(whenHeld, { cause: error }) : explainFileError(error, path);
  }
}
