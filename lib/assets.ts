import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Manifest } from "./manifest.ts";
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
export async function makeAssets(manifest: Manifest): Promise<readonly Asset[]> {
  const { document, model } = servedApi(manifest);
  const sdks = await packedSdks(model);
  return [
    {
      folder: "system/openapi",
      name: "openapi.json.gz",
      bytes: await packed(JSON.stringify(document)),
    },
    { folder: "system/docs/script", name: "script.js.gz", bytes: await rendererScript() },
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
  for (const { name, bytes } of await makeAssets(manifest)) {
    await writeFile(join(folder, name), bytes);
  }
}

/** How a library within finds out whether it may compile: the page's policy forbids that, and browsers would report it. */
const compiles = "try{return Function(``),!0}catch{return!1}";

/** Scalar as one file. Its package has no entry for it, and what it depends on is inside. */
async function rendererScript(): Promise<Uint8Array> {
  const styles = createRequire(import.meta.url).resolve("@scalar/api-reference/style.css");
  const script = await readFile(join(dirname(styles), "browser/standalone.js"), "utf8");
  if (!script.includes(compiles)) throw new Error("Scalar has changed: look for `Function(`.");
  return packed(
    script.replace(compiles, "return!1").replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"),
  );
}

const packed = (text: string): Promise<Uint8Array> => promisify(gzip)(text, { level: 9 });
