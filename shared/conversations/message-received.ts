import { derivedId } from "../runtime/derived-id.ts";
import type { Id } from "../runtime/ids.ts";
import type { StoredMessage } from "./message.ts";

/** The id of the event that tells of a message: it follows from the message, so who erases the one finds the other. */
export const messageReceivedId = ({
  id,
  created_at,
}: Pick<StoredMessage, "id" | "created_at">): Id<"evt"> =>
  derivedId("evt", Date.parse(created_at), id, "message.received");
