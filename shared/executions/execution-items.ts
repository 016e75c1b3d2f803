import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { idFrom } from "../runtime/ids.ts";
import type { IdPrefix } from "../runtime/nouns.ts";
import { longText, longTextOf, packAbove } from "../table/long-text.ts";
import type { Item } from "../table/table.ts";
import type { ExecutionText, StoredExecution } from "./execution.ts";
import type { StoredStep } from "./step.ts";

/** What is long is stored gzipped: as one attribute `packed`, beside the attributes of the key. */
export function packed(content: object): Record<string, unknown> {
  const json = JSON.stringify(content);
  return json.length > packAbove ? { packed: gzipSync(json) } : { ...content };
}

/** A row has 400 KB; some of them are for its keys. */
const mostPackedBytes = 390_000;

/** Whether content fits its row, once it is packed. */
export function fitsRow(content: object): boolean {
  const json = JSON.stringify(content);
  return Buffer.byteLength(json) <= mostPackedBytes || gzipSync(json).length <= mostPackedBytes;
}

/** The content of a row that `packed` wrote. */
function unpacked(item: Item): unknown {
  const bytes = item["packed"];
  return bytes === undefined ? item : JSON.parse(gunzipSync(bytes as Uint8Array).toString());
}

/** The head of a stored execution; its shape is held by `test/contract/data-model.test.ts`. */
export const asExecution = (item: Item | undefined) => item as (Item & StoredExecution) | undefined;

/** The texts of an execution; its output stands outside of what is packed, because it comes later. */
export const asExecutionText = (item: Item): ExecutionText => ({
  ...(unpacked(item) as ExecutionText),
  output: longTextOf(item, "output") ?? null,
});

/** The attributes that hold an output. */
export const outputAttributes = (output: string) => longText("output", output);

/** A step as it was stored. */
export const asStep = (item: Item) => unpacked(item) as StoredStep;

/** An id that follows from what it is about, so that a repeat invents none. */
export const derivedId = <P extends IdPrefix>(
  prefix: P,
  unixMs: number,
  ...about: readonly string[]
) => idFrom(prefix, unixMs, createHash("sha256").update(about.join("\n")).digest());
