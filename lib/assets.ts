import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Manifest } from "./manifest.ts";
import { isNotInstalled } from "./not-installed.ts";
import { packedSdks } from "./sdk/packed-sdks.ts";
import { servedApi } from "./sdk/samples.ts";

/** A file that a function reads at run time. */
export interface Asset {
  /** The folder of the function that reads it, below `functions`. */
  readonly folder: string;
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Makes the files that functions read: the OpenAPI document, the script that renders it, and the SDKs. */
export async function makeAssets(
  manifest: Manifest,
  { level }: { readonly level: number } = { level: 9 },
): Promise<readonly Asset[]> {
  const { document, model } = servedApi(manifest);
  const sdks = await packedSdks(model);
  return [
    {
      folder: "system/openapi",
      name: "openapi.json.gz",
      bytes: await packed(JSON.stringify(document), level),
    },
    {
      folder: "system/docs/script",
      name: "script.js.gz",
      bytes: await packed(await rendererScript().catch(insteadOfIt), level),
    },
    ...sdks.map(({ name, bytes }) => ({
      folder: "system/sdks",
      name: `sdk-${name}`,
      bytes,
    })),
  ];
}

/** Writes all of them into one folder: `ASSETS_DIR` of one machine. */
export async function writeAssets(manifest: Manifest, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  // Quick rather than small: it starts often, and who reads is near.
  for (const { name, bytes } of await makeAssets(manifest, { level: 1 })) {
    await writeFile(join(folder, name), bytes);
  }
}

/** What is changed in Scalar's script, and why. */
const mended: readonly (readonly [string, string])[] = [
  // A library within tries whether it may compile, and browsers report what the page's policy forbids.
  ["try{return Function(``),!0}catch{return!1}", "return!1"],
  // Screen readers: fields that do not say what they are, one that cannot be reached, a button that names what is not there.
  ["role:`combobox`,onBlur:", 'role:`combobox`,"aria-expanded":`true`,onBlur:'],
  ['"aria-expanded":ve.value?`true`:void 0,', '"aria-expanded":ve.value?`true`:`false`,'],
  ["role:r.value?`alert`:`none`,type:`button`", "type:`button`"],
  [
    'role:`textbox`,"aria-multiline":`true`',
    'role:`textbox`,tabindex:`0`,"aria-label":`Code`,"aria-multiline":`true`',
  ],
  [
    '{"aria-controls":D(r),content:c()},null,8,[`aria-controls`,`content`]',
    "{content:c()},null,8,[`content`]",
  ],
  // Not served.
  ["//# sourceMappingURL=standalone.js.map", ""],
];

/** Scalar as one file. Its package has no entry for it, and what it depends on is inside. */
async function rendererScript(): Promise<string> {
  const styles = createRequire(import.meta.url).resolve("@scalar/api-reference/style.css");
  const file = join(dirname(styles), "browser/standalone.js");
  let script = await readFile(file, "utf8");
  for (const [find, replace] of mended) {
    if (script.split(find).length !== 2) throw new Error(`Scalar has changed: look for ${find}`);
    script = script.replace(find, () => replace);
  }
  return script;
}

/** What stands for the script where only the packages are installed that the platform runs with. */
function insteadOfIt(error: unknown): string {
  if (!isNotInstalled(error)) throw error;
  return 'document.body.append("This page needs all packages: npm ci. The reference itself is at v1/openapi.json.");';
}

const packed = (text: string, level: number): Promise<Uint8Array> =>
  promisify(gzip)(text, { level });
