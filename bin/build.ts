// Bundles every function for Lambda and prints what each one weighs.
import { build } from "#lib/build";
import { loadManifest } from "#lib/manifest";

const start = performance.now();
const built = await build(await loadManifest());
const seconds = ((performance.now() - start) / 1000).toFixed(1);

const width = Math.max(8, ...built.map(({ folder }) => folder.length));
console.log(`${"function".padEnd(width)}     KB`);
for (const { folder, bytes } of built) {
  console.log(`${folder.padEnd(width)}  ${(bytes / 1024).toFixed(0).padStart(5)}`);
}
console.log(`${built.length} functions in dist, ${seconds} s`);
