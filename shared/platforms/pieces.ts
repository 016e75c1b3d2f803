import { splitText } from "../markdown/split-text.ts";
import type { Attachment } from "../schema/content.ts";
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
      const files = attachments.flatMap((attachment, index): readonly Piece[] => {
        const is_first = texts.length === 0 && index === 0;
        // A server of the platform may take another address for a file of its own.
        return isOfTheWeb(attachment)
          ? [{ type: "attachment", attachment, is_first }]
          : textPieces(inWords(attachment), "plain", is_first);
      });
      return [...texts, ...files];
    },

    plainer: (piece: Piece): readonly Piece[] => {
      if (piece.type === "attachment") {
        return textPieces(inWords(piece.attachment), "plain", piece.is_first);
      }
      const isPlain = piece.form === "plain" || plain_limit === null;
      return isPlain ? [] : textPieces(piece.text, "plain", piece.is_first);
    },
  };
}

const isOfTheWeb = ({ url }: Attachment) => /^https?:\/\//i.test(url);

const inWords = ({ name, url }: Attachment) => (name ? `${name}: ${url}` : url);

const same = (text: string) => text;
const units = (text: string) => text.length;

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
