import { createHash } from "node:crypto";
import { ApiError } from "../errors/api-error.ts";

const fingerprint = (binding: string) =>
  createHash("sha256").update(binding).digest("base64url").slice(0, 16);

/** An opaque cursor: a position in a list, bound to what the list is (team, route, filters). */
export const encodeCursor = (binding: string, position: string) =>
  Buffer.from(JSON.stringify([fingerprint(binding), position])).toString("base64url");

/** The position in a cursor. Throws a 400 when it is unreadable or belongs to another list. */
export function decodeCursor(binding: string, cursor: string): string {
  try {
    const content: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (Array.isArray(content) && content.length === 2 && content[0] === fingerprint(binding)) {
      const position: unknown = content[1];
      if (typeof position === "string") return position;
    }
  } catch {
    // Falls through to the one answer for all that is no cursor of this list.
  }
  throw new ApiError(
    "bad_request",
    "The cursor is not one of this list. Use next_cursor of an earlier page with the same filters, or begin without a cursor.",
  );
}
