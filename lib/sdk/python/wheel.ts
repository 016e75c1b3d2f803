import { createHash } from "node:crypto";
import type { Files } from "../language.ts";
import { zip } from "../zip.ts";

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
