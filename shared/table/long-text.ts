import { gunzipSync, gzipSync } from "node:zlib";
import type { Item } from "./table.ts";

/** So many characters are stored as they are. */
export const packAbove = 32 * 1024;

/** The attribute that holds a text: under its name, or gzipped under its name and `_packed` when it is long. */
export const longText = (name: string, text: string, most = packAbove): Record<string, unknown> =>
  text.length > most ? { [`${name}_packed`]: gzipSync(text) } : { [name]: text };

/** The text that `longText` stored under this name; undefined when there is none. */
export function longTextOf(item: Item | undefined, name: string): string | undefined {
  const bytes = item?.[`${name}_packed`];
  // Written as bytes or as text by `longText` alone.
  return bytes === undefined
    ? (item?.[name] as string | undefined)
    : gunzipSync(bytes as Uint8Array).toString();
}
