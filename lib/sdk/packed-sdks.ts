import { createHash, randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isNotInstalled } from "#lib/not-installed";
import { languages } from "./languages.ts";
import type { SdkModel } from "./model.ts";
import { writeSdk } from "./write-sdk.ts";

/** A packed SDK, and what its file is called. */
export interface PackedSdk {
  readonly name: string;
  /** Empty when its tools are not installed. */
  readonly bytes: Uint8Array;
}

const root = join(import.meta.dirname, "../..");
const cache = join(root, "node_modules/.cache/sdks");

/**
 * Every SDK, packed. What the same program packed of the same sources is taken again, because compilers take their time.
 */
export async function packedSdks(model: SdkModel): Promise<readonly PackedSdk[]> {
  const program = await packingProgram();
  return Promise.all(
    languages.map(async (language) => {
      const hash = createHash("sha256").update(program);
      for (const [path, text] of await language.sources(model)) hash.update(`${path}\0${text}\0`);
      const kept = join(cache, hash.digest("hex"));
      const bytes = await readFile(kept).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
      });
      if (bytes) return { name: language.packed, bytes };
      const folder = await mkdtemp(join(tmpdir(), "sdk-"));
      try {
        const made = await readFile(await writeSdk(language, model, folder));
        await mkdir(cache, { recursive: true });
        // Whole or not at all: others read it too.
        const beside = `${kept}.${randomUUID()}`;
        await writeFile(beside, made);
        await rename(beside, kept);
        return { name: language.packed, bytes: made };
      } catch (error) {
        if (!isNotInstalled(error)) throw error;
        // What an earlier installation has made goes with it.
        return { name: language.packed, bytes: new Uint8Array() };
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }),
  );
}

/** All that decides what is made of sources: the files here, and the versions of what they use. */
async function packingProgram(): Promise<string> {
  const files = (await readdir(import.meta.dirname, { recursive: true }))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(import.meta.dirname, file))
    .sort();
  const texts = [...files, join(root, "package.json")].map((file) => readFile(file, "utf8"));
  return (await Promise.all(texts)).join("\0");
}
