import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadManifest } from "#lib/manifest";
import type { SdkModel } from "#lib/sdk/model";
import { servedApi } from "#lib/sdk/samples";
import { tool } from "./tool.ts";

const compiler = fileURLToPath(
  new URL("../../node_modules/typescript-compiler/bin/tsc", import.meta.url),
);
const place = fileURLToPath(new URL("../../.emulator/sdks", import.meta.url));
const pinned = ["openapi-typescript@7.13.0", "typescript@5.9.3"];

/** They hold objects of which no field is named: that is no field to one reader, and any to the other. */
const different: ReadonlySet<string> = new Set([
  "OpenapiDocument",
  "WebhookEvent",
  "WebhookTestEvent",
]);

/**
 * Has a foreign generator read the document, and compiles a program that compiles only where its types and ours say the
 * same: each of theirs has to fit ours, and ours theirs. `work` is where the SDK is installed.
 */
export async function checkSecondReading({ types }: SdkModel, work: string): Promise<void> {
  const folder = join(work, "second");
  await mkdir(folder, { recursive: true });
  const program = join(place, "node_modules/.bin/openapi-typescript");
  await mkdir(place, { recursive: true });
  if (!existsSync(program)) {
    await tool("npm", ["install", "--silent", "--no-save", "--prefix", place, ...pinned]);
  }
  const { document } = servedApi(await loadManifest());
  const given = join(place, "openapi.json");
  await writeFile(given, JSON.stringify(document, withOpenEnums));
  const theirs = ["--default-non-nullable", "false", "--output", join(folder, "theirs.ts")];
  await tool(program, [given, ...theirs]);
  const lines = types.flatMap(({ name }) => [
    `export const ${name}Theirs: Fits<theirs["${name}"], ours.${name}> = true;`,
    ...(different.has(name)
      ? []
      : [`export const ${name}Ours: Fits<ours.${name}, theirs["${name}"]> = true;`]),
  ]);
  const head = [
    'import type * as ours from "@chatbot-platform/sdk";',
    'import type { components } from "./theirs.js";',
    'type theirs = components["schemas"];',
    "type Fits<One, Other> = [One] extends [Other] ? true : false;",
  ];
  const file = join(folder, "second-reading.ts");
  await writeFile(file, [...head, ...lines, ""].join("\n"));
  // Not with exact optional properties: ours may be given as undefined, too.
  const settings = ["--strict", "--noEmit", "--ignoreConfig", "--module", "nodenext"];
  await tool(process.execPath, [compiler, ...settings, "--types", "", file]).catch(
    (error: unknown) => {
      throw new Error("Another generator reads other types.", { cause: error });
    },
  );
}

/** Values may be added to these: any text may come. */
const withOpenEnums = (_: string, value: unknown): unknown => {
  if (typeof value !== "object" || value === null || !("x-extensible-enum" in value)) return value;
  const { enum: __, ...open } = value as Readonly<Record<string, unknown>>;
  return open;
};
