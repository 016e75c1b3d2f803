import * as v from "valibot";
import { id, shownTime, text } from "../schema/fields.ts";

/** The most bytes of what a user says or a backend answers. */
export const maxContentBytes = 32 * 1024;

const PartUrl = text(1, 2_048);

/** One part of a message in OpenAI's format. */
const Part = v.variant("type", [
  v.strictObject({ type: v.literal("text"), text: text(1, maxContentBytes) }),
  v.strictObject({ type: v.literal("image_url"), image_url: v.strictObject({ url: PartUrl }) }),
  v.strictObject({
    type: v.literal("file"),
    file: v.strictObject({
      url: PartUrl,
      name: v.optional(text(1, 255)),
      mime_type: v.optional(text(1, 255)),
    }),
  }),
]);

const partCount = "Must be 1 to 50 parts.";
const Parts = v.pipe(v.array(Part), v.minLength(1, partCount), v.maxLength(50, partCount));

/** Text, or parts of text, images and files. */
export const Content = v.pipe(
  v.union([text(1, maxContentBytes), Parts], "Must be a text, or a list of 1 to 50 parts."),
  v.check(
    (content) =>
      Buffer.byteLength(typeof content === "string" ? content : JSON.stringify(content)) <=
      maxContentBytes,
    "Must be at most 32 KiB.",
  ),
  v.description(
    "Text, or a list of parts in OpenAI's format; at most 32 KiB of UTF-8, the parts as JSON.",
  ),
);
export type Content = v.InferOutput<typeof Content>;

/** A file that goes to the user with a reply. */
export const Attachment = v.object({
  type: v.picklist(["image", "file", "audio", "video"]),
  url: text(1, 2_048),
  name: v.optional(text(1, 255)),
  mime_type: v.optional(text(1, 255)),
});

/** Who talks to the bot, as the platform names them. */
export const User = v.object({
  id: v.string(),
  name: v.nullable(v.string()),
  username: v.nullable(v.string()),
});
export type User = v.InferOutput<typeof User>;

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
  content: v.union([v.string(), v.array(Part)]),
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
    v.record(v.string(), v.unknown()),
    v.description("What the backend returned beside the content."),
  ),
  created_at: shownTime,
  updated_at: shownTime,
});
export type Message = v.InferOutput<typeof Message>;

/** A message as it is stored, under its dense number. */
export interface StoredMessage extends Message {
  readonly number: number;
  /** Its id where it came from (role `user`). */
  readonly platform_message_id?: string | undefined;
  /** Whether it is to be answered (role `user`). */
  readonly answer?: boolean;
  /** The number of its reply; 0 when there will be none. */
  readonly reply_number?: number;
  /** The number of the message that it replies to (role `assistant`). */
  readonly reply_to?: number;
  /** When a pending reply is to leave; unix milliseconds. */
  readonly send_at?: number;
}

/** What a user's message or a backend's history entry says in plain text. */
export const plainText = (content: Message["content"]): string =>
  typeof content === "string"
    ? content
    : content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
