import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Why something is not made on this machine, and what a person can do: the end of a sentence that begins with what. */
export const notMade =
  "is missing, because only the packages that the server runs with are installed: run npm ci and start it again.";

/**
 * Reads a file that was made beside the function, at the first call.
 * On one machine, where there is no such place, `ASSETS_DIR` names the folder.
 */
export function asset(name: string): () => Buffer {
  let bytes: Buffer | undefined;
  // The build turns `import.meta.dirname` into the folder of the bundle.
  return () =>
    (bytes ??= readFileSync(join(process.env["ASSETS_DIR"] ?? import.meta.dirname, name)));
}

/** The same for a file that may not be there: undefined then. */
export function assetIfAny(name: string): Buffer | undefined {
  const path = join(process.env["ASSETS_DIR"] ?? import.meta.dirname, name);
  return existsSync(path) ? readFileSync(path) : undefined;
}
