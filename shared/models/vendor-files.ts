import type { ModelSettings } from "./call-model.ts";
import type { FileKind } from "./file-kinds.ts";

/** Who can be given files. */
export type Vendor = Exclude<ModelSettings["provider"], "echo">;

interface KindLimits {
  /** Of one file. */
  readonly bytes: number;
  /** Files of this kind in one call. */
  readonly count: number;
}

interface VendorLimits {
  /** Of all files of one call. */
  readonly bytes: number;
  /** Names of documents have letters, digits and little else, and none is there twice. */
  readonly plain_names: boolean;
}

const mebibyte = 1_048_576;

/** The most bytes of all files of one call: base64 makes a third more of them, and vendors take 20 to 50 MB. */
export const mostCallBytes = 20 * mebibyte;
/** The most files of one call. */
export const mostCallFiles = 20;

const most: KindLimits = { bytes: mostCallBytes, count: mostCallFiles };
/** Five megabytes are measured in base64: https://docs.claude.com/en/docs/build-with-claude/vision */
const fiveMegabytes = (5 * mebibyte * 3) / 4;

/**
 * What each vendor takes in one call. Not all servers with OpenAI's interface take what OpenAI does; what they refuse is
 * seen then. How many pages and points a file has is not looked at.
 * https://platform.openai.com/docs/guides/images-vision, https://docs.claude.com/en/docs/build-with-claude/pdf-support,
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html
 */
export const vendorFiles: Readonly<
  Record<Vendor, Readonly<Record<FileKind, KindLimits | undefined>> & VendorLimits>
> = {
  openai: { image: most, document: most, audio: most, bytes: mostCallBytes, plain_names: false },
  anthropic: {
    image: { bytes: fiveMegabytes, count: mostCallFiles },
    document: most,
    audio: undefined,
    bytes: mostCallBytes,
    plain_names: false,
  },
  bedrock: {
    image: { bytes: 3_750_000, count: 20 },
    document: { bytes: 4_500_000, count: 5 },
    audio: undefined,
    bytes: 18_000_000,
    plain_names: true,
  },
};
