import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync } from "node:fs";
import { open, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AwsError } from "./aws-error.ts";

/** What S3 does here: a bucket is a folder, and an object a file in it for its owner alone. */
export interface ObjectStore {
  createBucket(bucket: string): void;
  /** Whole or not at all, also when the process is killed. */
  put(address: ObjectAddress, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  /** An open file for the caller to close; throws NoSuchKey when there is none, or it is older than 30 days. */
  open(address: ObjectAddress): Promise<OpenObject>;
  delete(address: ObjectAddress): Promise<void>;
  /** Deletes what is older than 30 days, as the rule of the bucket in AWS does. */
  removeOld(): Promise<void>;
  /** Removes everything if it was kept for this process alone. */
  close(): Promise<void>;
}

/** Where an object is. */
export interface ObjectAddress {
  readonly bucket: string;
  readonly key: string;
}

type File = Awaited<ReturnType<typeof open>>;

/** An object's file and its length. */
export interface OpenObject {
  readonly file: File;
  readonly size: number;
}

const day = 24 * 60 * 60_000;
const lifeMs = 30 * day;
/** Of a write that was cut short; one that goes on takes seconds. */
const partsLiveMs = 60 * 60_000;
const partial = ".part";

/** Opens a folder of buckets, or one in memory's stead that goes with the process. Nothing is made before it is needed. */
export function openObjects(root: string | undefined, clock: () => number): ObjectStore {
  let temporary: string | undefined;
  const folder = () => root ?? (temporary ??= mkdtempSync(join(tmpdir(), "platform-buckets-")));
  const pathOf = ({ bucket, key }: ObjectAddress) =>
    join(folder(), bucketName(bucket), fileName(key));

  return {
    createBucket: (bucket) => {
      mkdirSync(join(folder(), bucketName(bucket)), { recursive: true, mode: 0o700 });
    },

    put: async (address, bytes) => {
      const path = pathOf(address);
      const part = `${path}.${randomBytes(6).toString("hex")}${partial}`;
      try {
        await writeFile(part, bytes, { mode: 0o600, flag: "wx", flush: true });
        // Its age counts by this clock.
        const now = new Date(clock());
        await utimes(part, now, now);
        await rename(part, path);
      } catch (error) {
        await rm(part, { force: true });
        throw isMissing(error) ? noSuchBucket() : error;
      }
    },

    open: async (address) => {
      const file = await open(pathOf(address)).catch((error: unknown) => {
        throw isMissing(error) ? noSuchKey() : error;
      });
      const { size, mtimeMs } = await file.stat();
      if (mtimeMs + lifeMs > clock()) return { file, size };
      await file.close();
      throw noSuchKey();
    },

    delete: async (address) => rm(pathOf(address), { force: true }),

    removeOld: async () => {
      if (root === undefined) return;
      const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        const life = entry.name.endsWith(partial) ? partsLiveMs : lifeMs;
        const age = await stat(path).catch(() => undefined);
        if (age && age.mtimeMs + life <= clock()) await rm(path, { force: true });
      }
    },

    close: async () => {
      if (temporary) await rm(temporary, { recursive: true, force: true });
    },
  };
}

function bucketName(name: string): string {
  if (/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name)) return name;
  throw new AwsError("InvalidBucketName", "The specified bucket is not valid.", 400);
}

/** All objects of a bucket lie beside each other; a key with other characters than these could lead out of it. */
function fileName(key: string): string {
  if (/^[\w-]+(\/[\w-]+)*$/.test(key)) return key.replaceAll("/", ".");
  throw new AwsError("InvalidURI", "Keys have letters, digits, _ and - here, and slashes.", 400);
}

const isMissing = (error: unknown) =>
  typeof error === "object" && error !== null && "code" in error && error.code === "ENOENT";

const noSuchKey = () => new AwsError("NoSuchKey", "The specified key does not exist.", 404);
const noSuchBucket = () => new AwsError("NoSuchBucket", "The specified bucket does not exist", 404);
