import { randomUUID } from "node:crypto";
import { lostFile } from "../schema/content.ts";
import { type FileKind, knownFile, textOfFile } from "./file-kinds.ts";
import type { UserPart } from "./messages.ts";
import { mostCallFiles, type Vendor, vendorFiles } from "./vendor-files.ts";

/** A file of a message, by where it is. */
export interface ChatFile {
  readonly url: string;
  readonly name: string | null;
  readonly mime_type: string | null;
}

/** What became of a file that was to be read; `why` is a sentence. */
export type OpenedFile =
  | {
      readonly ok: true;
      readonly bytes: Uint8Array;
      readonly name: string | null;
      readonly mime_type: string | null;
    }
  | { readonly ok: false; readonly name: string | null; readonly why: string };

/** Opens files of messages within a time, the first ones first; by their URLs. What cannot be had says why. */
export type OpenFiles = (
  files: readonly ChatFile[],
  limits: { readonly timeout_ms: number; readonly signal: AbortSignal },
) => Promise<ReadonlyMap<string, OpenedFile>>;

/** A part of a message that is text. */
export const textPart = (text: string) => ({ type: "text", text }) as const;

/** The files that one call is given, as far as its vendor takes them. */
export class GivenFiles {
  readonly files = new Map<string, Uint8Array>();
  readonly kinds = new Set<FileKind>();
  private readonly counts: Record<FileKind, number> = { image: 0, document: 0, audio: 0 };
  private readonly vendor: Vendor;
  private readonly opened: ReadonlyMap<string, OpenedFile>;
  private readonly refused: ReadonlySet<FileKind>;
  private taken = 0;
  private bytes = 0;

  constructor(
    vendor: Vendor,
    opened: ReadonlyMap<string, OpenedFile>,
    refused: ReadonlySet<FileKind>,
  ) {
    this.vendor = vendor;
    this.opened = opened;
    this.refused = refused;
  }

  /** What a file is for the model: its bytes, what it says, or a text that says why neither. */
  partOf({ url, name: shown }: ChatFile): UserPart {
    const file = this.opened.get(url) ?? { ok: false, name: shown, why: tooMany };
    const name = file.name ?? shown;
    const lost = (why: string) => textPart(lostFile(name, why));
    if (!file.ok) return lost(file.why);
    const { bytes } = file;
    if (
      this.taken >= mostCallFiles ||
      this.bytes + bytes.byteLength > vendorFiles[this.vendor].bytes
    ) {
      return lost(tooMany);
    }
    const known = knownFile(bytes);
    const text = known ? undefined : textOfFile(bytes, { ...file, name });
    if (text !== undefined) {
      this.take(bytes);
      return textPart(`[file${name === null ? "" : ` ${name}`}]\n${text}`);
    }
    if (!known) return lost("It is of a kind that models do not take.");
    const { kind, mime_type } = known;
    const limits = vendorFiles[this.vendor][kind];
    if (!limits || this.refused.has(kind)) return lost(`The model takes no ${words[kind]}.`);
    if (bytes.byteLength > limits.bytes) {
      return lost(
        `It is larger than the ${(limits.bytes / 1e6).toFixed(1)} MB that the model takes.`,
      );
    }
    if (this.counts[kind] >= limits.count) return lost(tooMany);
    this.counts[kind] += 1;
    this.kinds.add(kind);
    this.take(bytes);
    const data = placeholder();
    this.files.set(data, bytes);
    return {
      type: "file",
      data: { type: "data", data },
      mediaType: mime_type,
      ...(kind === "document" && { filename: this.documentName(name) }),
    };
  }

  private documentName(name: string | null): string {
    if (!vendorFiles[this.vendor].plain_names) return name ?? "document.pdf";
    const plain = (name ?? "").replace(/\.pdf$/i, "").replace(/[^a-zA-Z0-9 ()[\]-]+/g, " ");
    const words = plain.replace(/ +/g, " ").trim().slice(0, 100).trim();
    return `${words === "" ? "document" : words} ${this.counts.document}.pdf`;
  }

  private take(bytes: Uint8Array) {
    this.taken += 1;
    this.bytes += bytes.byteLength;
  }
}

const tooMany = "There were too many for one answer.";
const words = { image: "pictures", document: "documents", audio: "sound" } as const;

/** Letters and digits that nobody can have written before: base64 as far as a library can tell. */
const placeholder = () => `placeholder${randomUUID().replaceAll("-", "")}`;
