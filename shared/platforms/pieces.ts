import { splitText } from "../markdown/split-text.ts";
import { type PlatformName, platforms } from "./catalogue.ts";
import type { OutgoingReply, Piece } from "./outgoing.ts";

/** How a platform's texts are made of Markdown and of words as they are; left out, they go as they are written. */
interface Writing {
  readonly marked?: (text: string) => string;
  readonly plain?: (text: string) => string;
}

/** Cuts replies into pieces whose texts, written as this platform wants them, keep its limits. */
export function piecesFor(name: PlatformName, { marked = same, plain = same }: Writing) {
  const { limit, counts, plain_limit } = platforms[name].text;
  const length = counts === "utf-16" ? units : codePoints;

  const textPieces = (text: string, form: "marked" | "plain", isFirst: boolean): Piece[] => {
    const parts =
      form === "marked" || plain_limit === null
        ? splitText(text, { limit, measure: (part) => length(marked(part)) })
        : splitText(text, { limit: plain_limit, measure: (part) => units(plain(part)) });
    return parts.map((part, index) => ({
      type: "text",
      text: part,
      form,
      is_first: isFirst && index === 0,
    }));
  };

  return {
    pieces: ({ text, attachments }: OutgoingReply): readonly Piece[] => {
      const texts = textPieces(text, "marked", true);
      const files = attachments.map((attachment, index): Piece => {
        return { type: "attachment", attachment, is_first: texts.length === 0 && index === 0 };
      });
      return [...texts, ...files];
    },

    plainer: (piece: Piece): readonly Piece[] => {
      if (piece.type === "attachment") {
        const { name: given, url } = piece.attachment;
        return textPieces(given ? `${given}: ${url}` : url, "plain", piece.is_first);
      }
      const isPlain = piece.form === "plain" || plain_limit === null;
      return isPlain ? [] : textPieces(piece.text, "plain", piece.is_first);
    },
  };
}

const same = (text: string) => text;
const units = (text: string) => text.length;

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
