import { derivedId } from "../runtime/derived-id.ts";
import type { Id } from "../runtime/ids.ts";
import type { StoredMessage } from "./message.ts";

type Rated = Pick<StoredMessage, "id" | "created_at" | "feedback_changes">;

/** The id of the event that tells of the latest change of a message's feedback: it follows from the message and how many there were. */
export const messageFeedbackId = ({ id, created_at, feedback_changes = 0 }: Rated): Id<"evt"> =>
  derivedId("evt", Date.parse(created_at), id, "message.feedback", String(feedback_changes));

/** The ids of all events that tell of a message's feedback, so who erases the one finds the others. */
export const messageFeedbackIds = (message: Rated): Id<"evt">[] =>
  Array.from({ length: message.feedback_changes ?? 0 }, (_, earlier) =>
    messageFeedbackId({ ...message, feedback_changes: earlier + 1 }),
  );
