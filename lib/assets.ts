import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { notMade } from "#shared/runtime/asset";
import type { LambdaHandler, Manifest } from "./manifest.ts";
import { isNotInstalled } from "./not-installed.ts";
import type { ServedApi } from "./sdk/samples.ts";

interface MadeFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A file that a function reads at run time. */
export interface Asset extends MadeFile {
  /** The folder of the function that reads it, below `functions`. */
  readonly folder: string;
}

type Make = (api: () => Promise<ServedApi>, level: number) => Promise<readonly MadeFile[]>;

/** The functions that read files, by their folder, with what makes these. A start needs none of it. */
const makers: ReadonlyMap<string, Make> = new Map<string, Make>([
  [
    "system/openapi",
    async (api, level) => {
      const { document } = await api();
      return [{ name: "openapi.json.gz", bytes: await packed(JSON.stringify(document), level) }];
    },
  ],
  [
    "system/docs/script",
    async (_, level) => {
      const script = await rendererScript().catch(insteadOfIt);
      return [{ name: "script.js.gz", bytes: await packed(script, level) }];
    },
  ],
  [
    "system/sdks",
    async (api) => {
      const { packedSdks } = await import("./sdk/packed-sdks.ts");
      const { model } = await api();
      return (await packedSdks(model)).map(({ name, bytes }) => ({ name: `sdk-${name}`, bytes }));
    },
  ],
]);

async function apiOf(manifest: Manifest): Promise<ServedApi> {
  const { servedApi } = await import("./sdk/samples.ts");
  return servedApi(manifest);
}

/** Makes the files that functions of a manifest read: the OpenAPI document, the script that renders it, and the SDKs. */
export async function makeAssets(manifest: Manifest): Promise<readonly Asset[]> {
  let api: Promise<ServedApi> | undefined;
  const made = manifest.routes.map(async ({ folder }) => {
    const files = await makers.get(folder)?.(() => (api ??= apiOf(manifest)), 9);
    return (files ?? []).map((file) => ({ folder, ...file }));
  });
  return (await Promise.all(made)).flat();
}

/**
 * A function of one machine, whose files are made and written into a folder (`ASSETS_DIR`) before its first call. A call
 * fails when they cannot be made, and the next makes them anew.
 */
export function withAssets(
  { folder, handler }: { readonly folder: string; readonly handler: LambdaHandler },
  manifest: Manifest,
  output: string,
): LambdaHandler {
  const make = makers.get(folder);
  if (!make) return handler;
  const write = async () => {
    await mkdir(output, { recursive: true });
    // Quick rather than small: who reads is near.
    for (const { name, bytes } of await make(() => apiOf(manifest), 1)) {
      await writeFile(join(output, name), bytes);
    }
  };
  let written: Promise<void> | undefined;
  return async (event, context) => {
    await (written ??= write().catch((error: unknown) => {
      written = undefined;
      throw error;
    }));
    return handler(event, context);
  };
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

/** What stands for the script where it cannot be made; an answer of no success is no script to a browser. */
function insteadOfIt(error: unknown): string {
  if (!isNotInstalled(error)) throw error;
  const said = `This page ${notMade} The document itself is at v1/openapi.json.`;
  return `document.body.append(${JSON.stringify(said)});`;
}

const packed = (text: string, level: number): Promise<Uint8Array> =>
  promisify(gzip)(text, { level });
