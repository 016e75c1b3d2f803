/** What a file is for a model, beside text. */
export type FileKind = "image" | "document" | "audio";

/** A file that models may take, as what its bytes say that it is. */
export interface KnownFile {
  readonly kind: FileKind;
  readonly mime_type: string;
}

/** What the first bytes of a file say that it is; undefined for what no model takes. Names and types may say anything. */
export function knownFile(bytes: Uint8Array): KnownFile | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 12));
  return signatures.find(([begins]) => begins.test(head.toString("latin1")))?.[1];
}

const image = (type: string) => ({ kind: "image", mime_type: `image/${type}` }) as const;
const audio = (type: string) => ({ kind: "audio", mime_type: `audio/${type}` }) as const;

/** Bytes as characters of Latin-1. */
const signatures: readonly (readonly [RegExp, KnownFile])[] = [
  [/^\xff\xd8\xff/, image("jpeg")],
  [/^\x89PNG\r\n/, image("png")],
  [/^GIF8[79]a/, image("gif")],
  [/^RIFF[^]{4}WEBP/, image("webp")],
  [/^%PDF-/, { kind: "document", mime_type: "application/pdf" }],
  [/^RIFF[^]{4}WAVE/, audio("wav")],
  [/^(?:ID3|\xff[\xf2\xf3\xfa\xfb])/, audio("mpeg")],
];

/** The most bytes of a file that is given to a model as text. */
const mostTextBytes = 64 * 1_024;

/** What a file of text says, its beginning where it is long; undefined for one that is no text. */
export function textOfFile(
  bytes: Uint8Array,
  { mime_type, name }: { readonly mime_type: string | null; readonly name: string | null },
): string | undefined {
  if (!textType.test(mime_type ?? "") && !textName.test(name ?? "")) return undefined;
  const beginning = bytes.subarray(0, mostTextBytes);
  // A text in two bytes for a character would be half of these.
  if (beginning.includes(0)) return undefined;
  const isCut = bytes.byteLength > mostTextBytes;
  // A character that the cut goes through is left out.
  const text = new TextDecoder("utf-8").decode(beginning, { stream: isCut });
  return isCut ? `${text}\n(Only the first ${mostTextBytes / 1_024} KiB are shown.)` : text;
}

const textType = /^(?:text\/|application\/(?:[\w.-]+\+)?(?:json|xml|csv|yaml)\b)/i;
const textName = /\.(?:txt|md|csv|tsv|json|xml|ya?ml|log)$/i;
