import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

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
