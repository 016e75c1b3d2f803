import { createHmac, timingSafeEqual } from "node:crypto";
import { wrongCursor } from "../errors/api-error.ts";

/** What a cursor belongs to. */
export interface CursorBinding {
  /** The team's secret that signs its cursors. */
  readonly key: string;
  /** What the list is: team, route, filters. */
  readonly list: string;
}

const tagBytes = 16;

/** An opaque cursor: a position in a list, signed together with what it belongs to. */
export function encodeCursor({ key, list }: CursorBinding, position: string): string {
  const tag = createHmac("sha256", key)
    .update(JSON.stringify([list, position]))
    .digest();
  return Buffer.concat([tag.subarray(0, tagBytes), Buffer.from(position)]).toString("base64url");
}

/** The position in a cursor. Throws a 400 when we did not make it, or made it for another list. */
export function decodeCursor(binding: CursorBinding, cursor: string): string {
  const position = Buffer.from(cursor, "base64url").subarray(tagBytes).toString();
  // Compared as it was written, because several texts are the same base64url to Node.
  const made = Buffer.from(encodeCursor(binding, position));
  const given = Buffer.from(cursor);
  if (made.length === given.length && timingSafeEqual(made, given)) return position;
  throw wrongCursor();
}
