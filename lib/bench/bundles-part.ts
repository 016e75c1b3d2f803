import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "#lib/build";
import { loadManifest } from "#lib/manifest";
import { table } from "./say.ts";

/** Bundles every function into a folder of its own and prints what each weighs. */
export async function bundlesPart(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "chatbot-platform-bench-"));
  try {
    const built = await build(await loadManifest(), folder);
    table(
      "Bundles (targets: routes that read 250 KB, those that send or seal 320 KB)",
      ["function", "KB"],
      built.map(({ folder: name, bytes }) => [name, Math.round(bytes / 1024)]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
