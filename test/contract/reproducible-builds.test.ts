import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, jest } from "@jest/globals";
import { build } from "#lib/build";
import { loadManifest } from "#lib/manifest";

// Two builds of everything.
jest.setTimeout(60_000);

const manifest = await loadManifest();
const folders = [1, 2].map(() => mkdtempSync(join(tmpdir(), "reproducible-")));
const [first = "", second = ""] = folders;
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
await build(manifest, first);
await build(manifest, second);

const filesIn = (folder: string) =>
  globSync("**", { cwd: folder })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();

describe("two builds of the same sources", () => {
  it("are the same, byte for byte, wherever they stand", () => {
    const names = filesIn(first);
    expect(names.length).toBeGreaterThan(manifest.routes.length + manifest.workers.length);
    expect(filesIn(second)).toEqual(names);
    const differing = names.filter(
      (name) => !readFileSync(join(first, name)).equals(readFileSync(join(second, name))),
    );
    expect(differing).toEqual([]);
  });

  it("say nothing of the machine that they were made on", () => {
    const places = [process.cwd(), first, second];
    const telling = filesIn(first).filter((name) => {
      const bytes = readFileSync(join(first, name));
      return places.some((place) => bytes.includes(place));
    });
    expect(telling).toEqual([]);
  });
});
