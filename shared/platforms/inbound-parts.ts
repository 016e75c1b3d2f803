import { firstUnits } from "../runtime/first-units.ts";
import { lostFile } from "../schema/content.ts";
import { type Fields, wordsIn } from "../schema/json-fields.ts";
import { mostFileBytes, sizeIn, tooLargeFile } from "./download-file.ts";
import type { FileReference, InboundPart, QuotedMessage } from "./inbound-event.ts";

/** Words as a part of a message. */
export const textPart = (text: string): InboundPart => ({ type: "text", text });

/** A file as a message brings it. */
interface BroughtFile {
  readonly name: string | null;
  /** What stands for the name of one that has none. */
  readonly kind?: string;
  readonly mime_type: string | null;
  /** By its type where that is left out. */
  readonly is_image?: boolean;
  /** In bytes, as the platform says it. */
  readonly size?: unknown;
  /** Undefined where the platform does not say where it is. */
  readonly reference: FileReference | undefined;
}

/** Bytes of all that is kept of a file before it is fetched: the address of a long name in another script has 2,500. */
const mostFileWords = 4_096;

/** Bytes of a value as JSON. */
export const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

/** Kinds of pictures that models can see. */
const pictures = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** What a file is to who reads the message: one to be fetched, or a line that says why it cannot be had. */
export function filePart(
  platform: string,
  { name, kind, mime_type, is_image, size, reference }: BroughtFile,
): InboundPart {
  const lost = (why: string) => textPart(lostFile(name ?? kind ?? null, why));
  if (Number(size) > mostFileBytes) return lost(tooLargeFile.message);
  if (!reference || bytesOf([name, mime_type, reference]) > mostFileWords) {
    return lost(`${platform} did not say where it is.`);
  }
  return {
    type: "file",
    is_image: is_image ?? (mime_type !== null && pictures.has(mime_type)),
    name,
    mime_type,
    size: sizeIn(size),
    file: { ...reference, ...(mime_type !== null && { mime_type }) },
  };
}

/** Where a file is, by what a platform says of its URL. */
export function urlReference(value: unknown): FileReference | undefined {
  const url = wordsIn(value);
  return url === undefined ? undefined : { url };
}

/** A place that somebody shared, with what it is called. */
export const placePart = ({ latitude, longitude }: Fields, names: readonly unknown[]) =>
  textPart(`[location] ${String(latitude)},${String(longitude)} ${joined(names, ", ")}`.trimEnd());

/** Somebody's name and numbers that somebody shared. */
export const contactPart = (name: string, numbers: readonly unknown[]) =>
  textPart(`[contact] ${joined([name, ...numbers], ", ")}`.trimEnd());

/** Those of these values that are words, as one text. */
export const joined = (values: readonly unknown[], between = " ") =>
  values.flatMap((value) => wordsIn(value) ?? []).join(between);

const mostQuotedUnits = 500;

/** The message that another one replies to, as far as it is kept. */
export const quotedMessage = (
  message_id: string,
  from_bot: boolean,
  text: string,
): QuotedMessage => ({ message_id, from_bot, text: firstUnits(text, mostQuotedUnits) });
