import * as v from "valibot";
import type { FileReference } from "../files/file.ts";
import type { Address, InboundPart } from "../platforms/inbound-event.ts";
import { Attachment, Role, ShownContent } from "../schema/content.ts";
import { freeRecord, id, shownTime, text } from "../schema/fields.ts";

/** A user's id as messages bring it, and as every request about that user takes it. */
export const UserId = v.pipe(
  text(1, 128),
  v.description("The user's id, as your own system names it."),
);

/** The id of a user who wrote before. Platforms have longer ones: 131 characters on WhatsApp. */
export const KnownUserId = v.pipe(
  text(1, 256),
  v.description("The user's id, as the platform or your own system names it."),
);

/** Who talks to the bot, as the platform names them. */
export const User = v.pipe(
  v.object({
    id: v.pipe(v.string(), v.description("The user's id, as the platform names it.")),
    name: v.pipe(
      v.nullable(v.string()),
      v.description("What people call the user, where it is known."),
    ),
    username: v.pipe(
      v.nullable(v.string()),
      v.description("What the platform calls the user, where it has such names."),
    ),
  }),
  v.title("ChatUser"),
  v.description("Who talks to the bot."),
);
export type User = v.InferOutput<typeof User>;

/** Stands for a user who was erased where one must stand; no user has this id. */
export const nobody: User = { id: "", name: null, username: null };

/** Whether it is known what a user is called. */
export const isNamed = ({ name, username }: User) => name !== null || username !== null;

/** Why a reply did not reach its user. */
export const DeliveryError = v.pipe(
  v.object({
    class: v.pipe(
      v.picklist(["retry", "recipient", "configuration", "disconnected", "refused"]),
      v.title("MessageDeliveryErrorClass"),
      v.description(
        "`retry`: the platform took nothing for an hour. `recipient`: this person or chat cannot be reached. `configuration`: a right or a setting is missing. `disconnected`: the credentials are dead. `refused`: this message is not taken.",
      ),
    ),
    code: v.pipe(v.string(), v.description("As the platform names it, or a word of ours.")),
    message: v.pipe(v.string(), v.description("What went wrong, in a sentence.")),
    part: v.pipe(
      v.nullable(v.pipe(v.number(), v.integer())),
      v.description("Which part of the reply failed, from 1; those before it were sent."),
    ),
  }),
  v.title("MessageDeliveryError"),
  v.description("Why a reply did not reach its user."),
);
export type DeliveryError = v.InferOutput<typeof DeliveryError>;

/** What users say of a reply. */
export const Feedback = v.pipe(
  v.object({
    rating: v.pipe(
      v.picklist(["up", "down"]),
      v.title("Rating"),
      v.description("Whether the reply was what the user wanted."),
    ),
    comment: v.pipe(
      v.nullable(v.string()),
      v.description("What was said of it, in the user's words; null when nothing was."),
    ),
    created_at: shownTime,
  }),
  v.title("MessageFeedback"),
  v.description("What users say of a reply."),
);
export type Feedback = v.InferOutput<typeof Feedback>;

const MessageDelivery = v.pipe(
  v.object({
    status: v.pipe(
      v.picklist(["pending", "sent", "failed", "skipped"]),
      v.title("MessageDeliveryStatus"),
      v.description(
        "How far it is. `skipped`: it never left, because its channel was closed or what it answers was erased.",
      ),
    ),
    error: v.pipe(
      v.nullable(DeliveryError),
      v.description("Why it did not arrive; null unless it `failed`."),
    ),
  }),
  v.title("MessageDelivery"),
  v.description("What became of a reply on its way to the user."),
);

/** A message as the API shows it. */
export const Message = v.pipe(
  v.object({
    id: id("msg"),
    conversation_id: id("conv"),
    number: v.pipe(
      v.number(),
      v.integer(),
      v.description("Its place in the conversation: dense, from 1."),
    ),
    message_id: v.pipe(
      v.nullable(v.string()),
      v.description(
        "The id that the client or the platform gave it; of a reply that went out in parts, that of the first.",
      ),
    ),
    role: Role,
    type: v.pipe(
      v.picklist(["regular", "synthetic"]),
      v.title("MessageType"),
      v.description(
        "`regular` messages were said. `synthetic` is for what a feature puts in, such as a reminder: there is none yet that does.",
      ),
    ),
    content: v.pipe(
      ShownContent,
      v.description(
        "Text, or parts. A file that a user sent on a platform is the text `[file] name` until a bot is asked about it. Then it is an `image_url` or a `file` part, whose URL anybody can open for one to two days and which is kept for 30 days, or a text that says why it cannot be had.",
      ),
    ),
    attachments: v.pipe(
      v.array(Attachment),
      v.description("Files that go to the user with a reply; none with what users say."),
    ),
    integration_id: v.pipe(
      v.nullable(id("int")),
      v.description("The integration that made a reply; null where none did."),
    ),
    user: v.pipe(v.nullable(User), v.description("Who said it; only for the role `user`.")),
    delivery: v.pipe(
      v.nullable(MessageDelivery),
      v.description(
        "What became of a reply on its way to the user; only for the role `assistant`. `sent` may still become `failed` where a platform tells later that it did not arrive.",
      ),
    ),
    metadata: v.pipe(
      freeRecord,
      v.description(
        "What the backend returned beside the content: of a model `model` and `usage {input_tokens, output_tokens, cached_tokens}`, and `truncated: true` where it reached its limit of tokens; `failed: true` where every backend failed and the content is the bot's `error_message`; of a user's message `choice {id, title}` and `reply_to {message_id, from_bot, text}`, where there are any. `{\"erased\": true}` where the user who said it, or whom it answered, was erased: the content is empty then.",
      ),
    ),
    feedback: v.pipe(
      v.nullable(Feedback),
      v.description("What was said of a reply last; only for the role `assistant`."),
    ),
    created_at: shownTime,
    updated_at: shownTime,
  }),
  v.title("Message"),
  v.description("What a user said, or a bot answered, in a conversation."),
);
export type Message = v.InferOutput<typeof Message>;

/** What is left of a message's words when its user is erased. */
export const erasedWords = { content: "", attachments: [], metadata: { erased: true } };

/** Whether a message was erased, with its user or with the message that it answers. Backends may put anything into metadata. */
export const isErased = ({
  role,
  user,
  content,
}: Pick<StoredMessage, "role" | "user" | "content">) =>
  role === "user" ? user === null : content === "";

/** A message as it is stored, under its dense number. */
export interface StoredMessage extends Omit<Message, "message_id" | "content" | "feedback"> {
  readonly content: StoredContent;
  /** Absent where there is none (role `assistant`). */
  readonly feedback?: Feedback;
  /** How often its feedback was changed: each time may have been told (role `assistant`). */
  readonly feedback_changes?: number;
  /** Its id where it came from (role `user`). */
  readonly platform_message_id?: string | undefined;
  /** Whether it is to be answered (role `user`). */
  readonly answer?: boolean;
  /** It is not answered because it was said to others, as far as its delivery told (role `user`). */
  readonly overheard?: true;
  /** The number of its reply; 0 when there will be none. */
  readonly reply_number?: number;
  /** The number of the last message before it that is no reply; 0 when there is none (role `user`). */
  readonly previous?: number;
  /** The number of the message that it replies to (role `assistant`). */
  readonly reply_to?: number;
  /** When a pending reply is to leave; unix milliseconds. */
  readonly send_at?: number;
  /** Of the topic or thread that it was said in (role `user`). */
  readonly thread_id?: string | undefined;
  /** Messages with the same one were sent as one (role `user`). */
  readonly album_id?: string | undefined;
  /** Where its answer goes, of a reply where it goes itself: only the platform's adapter reads it. */
  readonly address?: Address | undefined;
  /** The sign there that an answer is on its way, which an answer takes the place of. */
  readonly sign_id?: string | undefined;
  /** Files that are still to be fetched, each by the place of its part in the content (role `user`). */
  readonly files?: readonly AwaitedFile[] | undefined;
  /** What was sent of it, in the order of sending (role `assistant`). */
  readonly parts_sent?: readonly SentPart[];
  /** What the platform told of a part that it had taken (role `assistant`). */
  readonly failed_later?: FailedLater;
}

/** A part of a reply that its platform took, and that did not arrive. */
export interface FailedLater {
  /** What the platform calls the part. */
  readonly message_id: string;
  readonly error: DeliveryError & { readonly part: number };
}

/** What the API shows of a stored message that says this. */
export const shownMessage = (stored: StoredMessage, content: ShownContent): Message => ({
  ...stored,
  content,
  message_id: stored.platform_message_id ?? stored.parts_sent?.[0]?.id ?? null,
  delivery: deliveryOf(stored),
  feedback: stored.feedback ?? null,
});

/** What became of a reply: what its platform told later counts more than what the worker wrote, whoever came first. */
function deliveryOf({
  delivery,
  failed_later,
  parts_sent,
}: StoredMessage): NonNullable<Message["delivery"]> | null {
  if (!failed_later) return delivery;
  const { message_id, error } = failed_later;
  // One that was sent again by another worker is told by what was written down.
  const recorded = parts_sent?.[error.part - 1]?.id ?? message_id;
  return recorded === message_id ? { status: "failed", error } : delivery;
}

/** What a message says, as it is kept: where the API shows the URL of a file, which ends, it has a reference. */
export type StoredContent = string | readonly StoredPart[];

/** A part of what a message says, as it is kept. */
export type StoredPart = Exclude<ShownContent, string>[number] | StoredFile;

/** A file that was fetched and is kept. No client can send such a part, so none can name another's file. */
export interface StoredFile {
  readonly type: "stored_file";
  readonly as: "image" | "file";
  readonly file: FileReference;
}

/** A file of a message at its platform. */
export type AwaitedFile = Omit<Extract<InboundPart, { readonly type: "file" }>, "type"> & {
  readonly part: number;
};

/** What a platform took of a reply as one message. */
export interface SentPart {
  /** What the platform calls it; null where it does not say. */
  readonly id: string | null;
  /** Which piece of the reply it is, from 0. */
  readonly piece: number;
  /** It is one of those that stand for a refused piece in plain form. */
  readonly is_plain?: true;
}
