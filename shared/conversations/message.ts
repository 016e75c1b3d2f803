import * as v from "valibot";
import { Attachment, ShownContent } from "../schema/content.ts";
import { freeRecord, id, shownTime, text } from "../schema/fields.ts";

/** A user's id as messages bring it, and as every request about that user takes it. */
export const UserId = text(1, 128);

/** Who talks to the bot, as the platform names them. */
export const User = v.object({
  id: v.string(),
  name: v.nullable(v.string()),
  username: v.nullable(v.string()),
});
export type User = v.InferOutput<typeof User>;

/** Stands for a user who was erased where one must stand; no user has this id. */
export const nobody: User = { id: "", name: null, username: null };

/** Who said a message. */
export const Role = v.picklist(["user", "assistant", "system"]);

/** A message as the API shows it. */
export const Message = v.object({
  id: id("msg"),
  conversation_id: id("conv"),
  role: Role,
  type: v.pipe(
    v.picklist(["regular", "synthetic"]),
    v.description("`synthetic` messages are put in by features such as reminders."),
  ),
  content: ShownContent,
  attachments: v.array(Attachment),
  integration_id: v.pipe(
    v.nullable(id("int")),
    v.description("The integration that made a reply."),
  ),
  user: v.pipe(v.nullable(User), v.description("Who said it; only for the role `user`.")),
  delivery: v.pipe(
    v.nullable(
      v.object({
        status: v.picklist(["pending", "sent", "failed", "skipped"]),
        error: v.nullable(v.string()),
      }),
    ),
    v.description("What became of a reply on its way to the user; only for the role `assistant`."),
  ),
  metadata: v.pipe(
    freeRecord,
    v.description(
      'What the backend returned beside the content. `{"erased": true}` where the user who said it, or whom it answered, was erased: the content is empty then.',
    ),
  ),
  created_at: shownTime,
  updated_at: shownTime,
});
export type Message = v.InferOutput<typeof Message>;

/** What is left of a message's words when its user is erased. */
export const erasedWords = { content: "", attachments: [], metadata: { erased: true } };

/** Whether a message was erased, with its user or with the message that it answers. Backends may put anything into metadata. */
export const isErased = ({ role, user, content }: Pick<Message, "role" | "user" | "content">) =>
  role === "user" ? user === null : content === "";

/** A message as it is stored, under its dense number. */
export interface StoredMessage extends Message {
  readonly number: number;
  /** Its id where it came from (role `user`). */
  readonly platform_message_id?: string | undefined;
  /** Whether it is to be answered (role `user`). */
  readonly answer?: boolean;
  /** The number of its reply; 0 when there will be none. */
  readonly reply_number?: number;
  /** The number of the last message before it that is no reply; 0 when there is none (role `user`). */
  readonly previous?: number;
  /** The number of the message that it replies to (role `assistant`). */
  readonly reply_to?: number;
  /** When a pending reply is to leave; unix milliseconds. */
  readonly send_at?: number;
}
