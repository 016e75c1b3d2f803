import type { Memory } from "../memory.ts";
import { withFile } from "./ask-platforms.ts";
import type { Counted } from "./count-costs.ts";
import { priceOfMillion } from "./price.ts";
import { prices } from "./prices.ts";

/** What a million of something that is done with files costs. */
export interface FileCost {
  readonly name: string;
  readonly calls: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  /** Dollars of S3 alone. */
  readonly bucket: number;
  /** Dollars, all in all. */
  readonly total: number;
}

const million = 1_000_000;
const answer = "inbound: conversation of Telegram";

/** Prices a million files that are kept, beside their messages, and a million that are read. */
export function fileCosts(counted: ReadonlyMap<string, Counted>, memory: Memory): FileCost[] {
  const [without, within] = [counted.get(answer), counted.get(`${answer}${withFile}`)];
  const read = counted.get("getFile");
  if (!without || !within || !read) throw new Error("A file was not counted.");
  const totalOf = (one: Counted) => priceOfMillion(one, memory).total;
  const [put, get] = [million * prices.blobPut.usd, million * prices.blobGet.usd];
  return [
    {
      name: "a file that is kept",
      calls: within.calls - without.calls,
      readUnits: within.readUnits - without.readUnits,
      writeUnits: within.writeUnits - without.writeUnits,
      bucket: put,
      total: totalOf(within) - totalOf(without) + put,
    },
    { ...read, name: "a file that is read", bucket: get, total: totalOf(read) + get },
  ];
}
