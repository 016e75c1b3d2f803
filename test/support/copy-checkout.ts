import { cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Nothing of these is a source. */
const left = new Set([".git", "node_modules", "dist", "cdk.out", ".data", ".emulator"]);

/** Makes a copy of this checkout's sources, with the same packages, and gives its folder. */
export function copyCheckout(to: string): string {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(root)) {
    if (!left.has(name)) cpSync(join(root, name), join(to, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(to, "node_modules"));
  return to;
}
