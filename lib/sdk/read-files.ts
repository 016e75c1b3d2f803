import { readdir, readFile } from "node:fs/promises";
import { join, sep } from "node:path";

type Named = readonly [path: string, text: string];

/** The files of a folder, and of none below it, by their names. */
export async function filesIn(folder: string): Promise<Named[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((one) => one.isFile()).map(({ name }) => name);
  return Promise.all(
    names.sort().map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const),
  );
}

/** Every file in and below a folder, by its path from there. */
export async function filesBelow(folder: string): Promise<Named[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries
      .filter((one) => one.isFile())
      .map(async ({ name, parentPath }) => {
        const path = join(parentPath, name);
        const below = path.slice(join(folder, "/").length).replaceAll(sep, "/");
        return [below, await readFile(path, "utf8")] as const;
      }),
  );
  return files.sort(([a], [b]) => (a < b ? -1 : 1));
}
