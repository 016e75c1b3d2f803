import { createHash } from "node:crypto";
import { crc32, deflateRawSync } from "node:zlib";
import type { Files } from "../language.ts";

const name = "chatbot_platform";

/** What pip wants a wheel of a version to be called. */
export const wheelName = (version: string) => `${name}-${version}-py3-none-any.whl`;

/** Makes a wheel of the files of a package. `metadata` describes it. The same files make the same bytes. */
export function wheel(version: string, files: Files, metadata: string): Uint8Array {
  const info = `${name}-${version}.dist-info`;
  const all = new Map([
    ...[...files].sort(([a], [b]) => (a < b ? -1 : 1)),
    [`${info}/METADATA`, metadata],
    [
      `${info}/WHEEL`,
      "Wheel-Version: 1.0\nGenerator: chatbot-platform\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    ],
  ]);
  const record = [...all].map(([path, text]) => {
    const hash = createHash("sha256").update(text).digest("base64url");
    return `${path},sha256=${hash},${Buffer.byteLength(text)}\n`;
  });
  all.set(`${info}/RECORD`, `${record.join("")}${info}/RECORD,,\n`);
  return zip(all);
}

/** Packs files as `zip` does. */
function zip(files: Files): Uint8Array {
  const [parts, directory]: [Uint8Array[], Uint8Array[]] = [[], []];
  let offset = 0;
  for (const [path, text] of files) {
    const [bytes, pathBytes] = [Buffer.from(text), Buffer.from(path)];
    const packed = deflateRawSync(bytes, { level: 9 });
    const about = Buffer.alloc(26);
    about.writeUInt16LE(20, 0);
    about.writeUInt16LE(0x0800, 2); // Names are UTF-8.
    about.writeUInt16LE(8, 4);
    // A day that every unpacker takes, and the same for every build: 26 October 1985.
    about.writeUInt16LE((5 << 9) | (10 << 5) | 26, 8);
    about.writeUInt32LE(crc32(bytes), 10);
    about.writeUInt32LE(packed.length, 14);
    about.writeUInt32LE(bytes.length, 18);
    about.writeUInt16LE(pathBytes.length, 22);
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE(0o100644 * 0x10000, 6);
    entry.writeUInt32LE(offset, 10);
    const local = [Buffer.from("PK\u0003\u0004"), about, pathBytes, packed];
    directory.push(Buffer.from("PK\u0001\u0002\u0014\u0003", "latin1"), about, entry, pathBytes);
    parts.push(...local);
    offset += local.reduce((total, { length }) => total + length, 0);
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\u0005\u0006", 0, "latin1");
  end.writeUInt16LE(files.size, 8);
  end.writeUInt16LE(files.size, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}
