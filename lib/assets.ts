import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
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
export async function makeAssets(manifest: Manifest): Promise<readonly Asset[]> {
  const { document, model } = servedApi(manifest);
  const sdks = await packedSdks(model);
  return [
    {
      folder: "system/openapi",
      name: "openapi.json.gz",
      bytes: await packed(JSON.stringify(document)),
    },
    {
      folder: "system/docs/script",
      name: "redoc.js.gz",
      bytes: await rendererScript().catch(insteadOfIt),
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
  for (const { name, bytes } of await makeAssets(manifest)) {
    await writeFile(join(folder, name), bytes);
  }
}

const foreignLogo = "https://cdn.redoc.ly/redoc/logo-mini.svg";

async function rendererScript(): Promise<Uint8Array> {
  const path = createRequire(import.meta.url).resolve("redoc/bundles/redoc.standalone.js");
  const [script, license] = await Promise.all(
    [path, `${path}.LICENSE.txt`].map((file) => readFile(file, "utf8")),
  );
  if (!script?.includes(foreignLogo)) throw new Error("Redoc has changed: look for its logo.");
  // The page's policy would stop the request for the logo, and the browser would complain.
  const own = script.replaceAll(foreignLogo, "data:,");
  return packed(`${own}\n${license}`);
}

/** What stands for the script where only the packages are installed that the platform runs with. */
function insteadOfIt(error: unknown): Promise<Uint8Array> {
  if (!isNotInstalled(error)) throw error;
  return packed(
    'document.body.append("This page needs all packages: npm ci. The reference itself is at v1/openapi.json.");',
  );
}

const packed = (text: string): Promise<Uint8Array> => promisify(gzip)(text, { level: 9 });
