import type { InboundPart } from "../platforms/inbound-event.ts";
import { bytesOf } from "../platforms/inbound-parts.ts";
import { firstBytes } from "../runtime/first-bytes.ts";
import { maxContentBytes, type ShownContent } from "../schema/content.ts";
import type { AwaitedFile } from "./message.ts";

const mostParts = 50;

/**
 * What a message of a platform says, as it is kept: a text, or parts. A file is a line of text until it has been fetched.
 * What is longer than a message may be is cut.
 */
export function inboundContent(parts: readonly InboundPart[]): {
  readonly content: ShownContent;
  readonly files: readonly AwaitedFile[];
} {
  const files: AwaitedFile[] = [];
  const texts: { readonly type: "text"; readonly text: string }[] = [];
  let left = maxContentBytes;
  for (const [index, part] of parts.slice(0, mostParts).entries()) {
    const text = part.type === "text" ? part.text : `[file] ${part.name ?? ""}`.trimEnd();
    const shown = textOf(text, left);
    if (shown === "") break;
    left -= partBytes(shown);
    texts.push({ type: "text", text: shown });
    if (part.type === "file") {
      const { type: _, ...file } = part;
      files.push({ part: index, ...file });
    }
  }
  const [first] = texts;
  return { content: texts.length === 1 && first ? first.text : texts, files };
}

const partBytes = (text: string) => bytesOf({ type: "text", text }) + 1;

/** As much of a text as the bytes left hold of its part; nothing when that is nothing. */
function textOf(text: string, left: number): string {
  let shown = firstBytes(text, left);
  // In JSON some characters are longer.
  while (shown !== "" && partBytes(shown) > left) {
    const over = partBytes(shown) - left;
    shown = firstBytes(shown, Math.max(0, Buffer.byteLength(shown) - over));
  }
  return shown;
}
