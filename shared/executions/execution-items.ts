import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync } from "node:zlib";
import { firstBytes } from "../runtime/first-bytes.ts";
import { firstUnits } from "../runtime/first-units.ts";
import { longText, longTextOf, packAbove } from "../table/long-text.ts";
import type { Item } from "../table/table.ts";
import type { ExecutionText, StoredExecution } from "./execution.ts";
import type { StoredStep } from "./step.ts";

/**
 * What is long is stored compressed: as one attribute `packed`, beside the attributes of the key and those that are
 * named. A condition sees only what is not packed, and bytes cannot be.
 */
export function packed<T extends object>(
  content: T,
  beside: readonly (keyof T & string)[],
): Record<string, unknown> {
  const fields: [string, unknown][] = Object.entries(content);
  if (JSON.stringify(content).length <= packAbove) return Object.fromEntries(fields);
  const isBeside = ([name]: readonly [string, unknown]) => beside.some((other) => other === name);
  const rest = fields.filter((field) => !isBeside(field));
  return {
    ...Object.fromEntries(fields.filter(isBeside)),
    packed: compressed(Object.fromEntries(rest)),
  };
}

/** Before what is compressed as this version does; gzip, as the first did, begins with another byte. */
const brotli = Buffer.of(1);

// A text that stands in a row twice takes its room once: it is found again over megabytes.
const compressed = (content: object) =>
  Buffer.concat([
    brotli,
    brotliCompressSync(JSON.stringify(content), {
      params: { [constants.BROTLI_PARAM_QUALITY]: 5 },
    }),
  ]);

/** A row has 400 KB; some of them are for its keys. */
const mostPackedBytes = 390_000;

/** Whether content fits its row, once it is packed. */
export const fitsRow = (content: object): boolean =>
  Buffer.byteLength(JSON.stringify(content)) <= mostPackedBytes ||
  compressed(content).length <= mostPackedBytes;

/** The content of a row that `packed` wrote. */
function unpacked(item: Item): object {
  const { packed: bytes, ...beside } = item;
  // Written as bytes by `packed` alone.
  if (!(bytes instanceof Uint8Array)) return item;
  const json = bytes[0] === brotli[0] ? brotliDecompressSync(bytes.subarray(1)) : gunzipSync(bytes);
  return { ...beside, ...(JSON.parse(json.toString()) as object) };
}

/** The head of a stored execution; its shape is held by `test/contract/data-model.test.ts`. */
export const asExecution = (item: Item | undefined) => item as (Item & StoredExecution) | undefined;

/** Texts of an execution as they are stored. Settings hold sealed values, which are bytes. */
export const textAttributes = (text: ExecutionText) => packed(text, ["settings"]);

/**
 * The texts of an execution; its output stands outside of what is packed, because it comes later. Of a long one these
 * are the first bytes: all of it is the text of its step.
 */
export const asExecutionText = (item: Item): ExecutionText => ({
  ...(unpacked(item) as ExecutionText),
  output: longTextOf(item, "output") ?? null,
});

/** Bytes of an output that are kept beside the prompts; a list shows fewer. */
const mostOutputBytes = 64 * 1024;

/** The attributes that hold an output, the text of the step with that number. */
export function outputAttributes(output: string, step: number): Record<string, unknown> {
  const start = firstBytes(output, mostOutputBytes);
  return start === output
    ? longText("output", output)
    : { ...longText("output", start), output_step: step };
}

/** The number of the step whose text is the output, when that is longer than what stands beside the prompts. */
export const outputStepOf = (item: Item): number | undefined =>
  // Written by `outputAttributes` alone.
  item["output_step"] as number | undefined;

/** A step as it is stored; conditions and figures read what stands beside its texts. */
export const stepAttributes = (step: StoredStep) =>
  packed(step, ["kind", "status", "number", "writer", "used"]);

/** A step as it was stored. */
export const asStep = (item: Item) => unpacked(item) as StoredStep;

/** What went wrong, as it is kept: at most 500 characters. */
export const storedError = (error: string) => firstUnits(error, 500);

/** Ends the log of an execution that did not complete: no step is appended behind it. */
export const logEnd = { kind: "end" } as const;

export const isLogEnd = (item: Item) => item["kind"] === logEnd.kind;
