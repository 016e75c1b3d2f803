import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { version } from "#shared/runtime/version";
import type { Manifest } from "../manifest.ts";
import { openApiDocument } from "../openapi/document.ts";
import type { Language } from "./language.ts";
import type { SdkModel } from "./model.ts";
import { type ApiDocument, readDocument } from "./read-document.ts";
import { typescript } from "./typescript/typescript.ts";

/** Every language that there is an SDK in. */
export const languages: readonly Language[] = [typescript];

/** What SDKs are made of, from the routes of this checkout. */
export const modelOf = (manifest: Manifest): SdkModel =>
  // What the document is made of is typed there; an SDK reads it as what it promises.
  readDocument(openApiDocument(manifest, { version }) as unknown as ApiDocument);

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
