import type { OutboundResponse } from "../outbound/read-answer.ts";
import type { FileKind } from "./file-kinds.ts";

/** That a model did not take the files of a call. */
export interface FileRefusal {
  /** Whether it takes none of the kind, rather than not these. */
  readonly is_lasting: boolean;
  /** The kinds that its words name; empty where they name none. */
  readonly kinds: readonly FileKind[];
}

/**
 * Reads from the answer to a call with files whether they are why it was refused. Servers say so under different
 * statuses, and each in its own words, which gateways put somewhere into theirs; so the whole answer is read.
 */
export function fileRefusalOf({ status, body, text }: OutboundResponse): FileRefusal | undefined {
  if (!statuses.has(status) || body.byteLength > mostBytes) return undefined;
  const said = text();
  const kinds = named.flatMap(([kind, words]) => (words.test(said) ? kind : []));
  const isLasting = noTextOnly.test(said) || (kinds.length > 0 && unsupported.test(said));
  if (isLasting) return { is_lasting: true, kinds };
  // A server that broke may break at anything.
  const isOfThese = status === 413 || (kinds.length > 0 && status !== 500);
  return isOfThese ? { is_lasting: false, kinds } : undefined;
}

/** 404 is OpenRouter's, 500 that of llama.cpp; a gateway that had begun to answer has 200. */
const statuses = new Set([200, 400, 404, 413, 415, 422, 500]);
const mostBytes = 64 * 1_024;

const named: readonly (readonly [FileKind, RegExp])[] = [
  ["image", /image|picture|vision|multi-?modal/i],
  ["document", /\bfiles?\b|document|\bpdf/i],
  ["audio", /audio/i],
];

/**
 * `image_url is only supported by certain models` (OpenAI, Azure), `does not support image input` (Anthropic, Ollama),
 * `doesn't support the image content block` (Bedrock), `is not a multimodal model`, `At most 0 image(s)` (vLLM),
 * `image input is not supported` (llama.cpp), `No endpoints found that support image input` (OpenRouter), `Image input is
 * not enabled` (Mistral).
 */
const unsupported =
  /(?:\bnot|n't|cannot) (?:currently )?(?:support|accept|enabled|available|allowed)|\bunsupported|only supported|no endpoints found|not an? (?:multi-?modal|vision)|at most 0/i;

/**
 * ``unknown variant `image_url`, expected `text` ``, `did not match any variant of untagged enum`, `invalid type:
 * sequence, expected a string` (DeepSeek), `content must be a string` (Groq), `Input should be 'text'` (servers with
 * Pydantic), `Supported values are: 'text'` (OpenAI, of a kind of part).
 */
const noTextOnly =
  /unknown variant|did not match any variant|expected a string|must be a (?:valid )?string|should be (?:'text'|a valid string)|supported values are/i;
