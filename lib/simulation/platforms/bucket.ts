import type { BlobStore } from "#shared/blobs/blob-store";
import type { SimulatedProcess } from "../simulated-process.ts";

/** Where files of users are kept; putting and taking away are calls that can go wrong. */
export class Bucket {
  readonly blobs = new Map<string, string>();
  /** How often something was put. */
  puts = 0;

  /** The bucket as a process reaches it. */
  of(process: SimulatedProcess): BlobStore {
    const call = (what: string, does: () => void) =>
      process.outside(what, new AbortController().signal, () => {
        does();
        return { ms: 2, answer: () => {} };
      });
    return {
      put: (key, bytes) => {
        const text = Buffer.from(bytes).toString();
        return call("bucket put", () => {
          this.blobs.set(key, text);
          this.puts += 1;
        });
      },
      delete: (key) => call("bucket delete", () => void this.blobs.delete(key)),
      get: () => Promise.reject(new Error("Nobody reads a file.")),
      address: () => Promise.reject(new Error("Nobody opens a file.")),
    };
  }
}
