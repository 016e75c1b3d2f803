import { gunzipSync } from "node:zlib";
import type { Key } from "#shared/table/keys";
import { allRows } from "./all-rows.ts";

/** All that can be read in a value: names, texts, and what bytes say, gzipped or plain. */
export function readable(value: unknown): string {
  if (value instanceof Uint8Array) {
    const isGzip = value[0] === 0x1f && value[1] === 0x8b;
    return Buffer.from(isGzip ? gunzipSync(value) : value).toString();
  }
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([name, inner]) => `${name}\n${readable(inner)}`)
    .join("\n");
}

/** The keys of all rows (of one team) in which a text can be read, idempotency records included. */
export async function rowsWith(text: string, teamId = ""): Promise<Key[]> {
  const rows = await allRows(teamId && `TEAM#${teamId}`);
  return rows.filter((row) => readable(row).includes(text)).map(({ pk, sk }) => ({ pk, sk }));
}

/** The same without the audit log, which tells for 90 days what was there. */
export const rowsLeftOf = async (text: string, teamId = ""): Promise<Key[]> =>
  (await rowsWith(text, teamId)).filter(({ pk }) => !pk.endsWith("#AUDIT"));
