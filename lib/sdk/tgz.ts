import { gzipSync } from "node:zlib";
import type { Files } from "./language.ts";

const block = 512;

/** Packs files as `npm pack` does. The same files make the same bytes, so that what is deployed changes with them only. */
export function tgz(files: Files): Uint8Array {
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  const bytes = new Map(sorted.map(([path, text]) => [path, Buffer.from(text)]));
  return gzipSync(tar(bytes), { level: 9 });
}

/** Puts files behind each other as `tar` does, in their order. */
export function tar(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [path, bytes] of files) {
    parts.push(header(path, bytes.length), bytes, Buffer.alloc(-bytes.length & (block - 1)));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

/** The header of one file, after POSIX's ustar. */
function header(path: string, size: number): Uint8Array {
  if (path.length > 100) throw new RangeError(`${path} is too long a name for ustar.`);
  const bytes = Buffer.alloc(block);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  bytes.write(path, 0);
  bytes.write(octal(0o644, 7), 100);
  bytes.write(octal(0, 7), 108);
  bytes.write(octal(0, 7), 116);
  bytes.write(octal(size, 11), 124);
  // A time that every unpacker takes, and the same for every build.
  bytes.write(octal(499_162_500, 11), 136);
  bytes.write("        ", 148);
  bytes.write("0", 156);
  bytes.write("ustar\u000000", 257);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${octal(sum, 6)} `, 148);
  return bytes;
}
