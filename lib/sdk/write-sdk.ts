import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Language } from "./language.ts";
import type { SdkModel } from "./model.ts";

/** Writes the package of one language into a folder of its own and packs it beside. Gives the packed file's path. */
export async function writeSdk(
  language: Language,
  model: SdkModel,
  output: string,
): Promise<string> {
  const folder = join(output, language.name);
  await rm(folder, { recursive: true, force: true });
  for (const [path, text] of await language.sources(model)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const packed = join(output, language.packed);
  await writeFile(packed, await language.pack(folder));
  return packed;
}
