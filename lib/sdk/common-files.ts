import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Files } from "./language.ts";
import type { SdkModel } from "./model.ts";

/** What lies in the package of every language as it is. */
export const commonFiles = async ({ version }: SdkModel): Promise<Files> =>
  new Map([
    ["LICENSE", await readFile(join(import.meta.dirname, "../../LICENSE"), "utf8")],
    [
      "CHANGELOG.md",
      `# Changelog\n\nThe version is that of the API that it was made of.\n\n## ${version}\n\nThe first.\n`,
    ],
  ]);
