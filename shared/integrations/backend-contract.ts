import * as v from "valibot";
import { Attachment, Role, ShownContent } from "../schema/content.ts";
import { freeRecord, id, omittable } from "../schema/fields.ts";

const BackendMessage = v.pipe(
  v.object({
    role: v.pipe(Role, v.description("`system` is the bot's own prompt, and comes first.")),
    content: v.pipe(ShownContent, v.description("What was said: a text, or a list of parts.")),
  }),
  v.title("BackendMessage"),
  v.description("One message of the conversation, as a backend is told it."),
);

const BackendUser = v.pipe(
  v.object({
    id: v.pipe(v.string(), v.description("The user's id, as the platform names it.")),
    platform: v.pipe(
      v.string(),
      v.description("`web`, `telegram`, `slack`, `discord` or `whatsapp`; `test` in a test."),
    ),
    name: v.pipe(v.nullable(v.string()), v.description("The user's name, where it is known.")),
    username: v.pipe(
      v.nullable(v.string()),
      v.description("How the platform addresses the user, where it is known."),
    ),
  }),
  v.title("BackendUser"),
  v.description("Who is to be answered."),
);

const BackendBot = v.pipe(
  v.object({
    id: id("bot"),
    name: v.pipe(v.string(), v.description("What the bot is called; users may call it so.")),
  }),
  v.title("BackendBot"),
  v.description("The bot that asks its backend."),
);

const MessageChoice = v.pipe(
  v.object({
    id: v.pipe(v.string(), v.description("What the button or the list stands for.")),
    title: v.pipe(v.string(), v.description("What the user saw on it when choosing.")),
  }),
  v.title("MessageChoice"),
  v.description("What a user chose instead of writing."),
);

const QuotedMessage = v.pipe(
  v.object({
    message_id: v.pipe(
      v.string(),
      v.description("The quoted message's id on the platform; empty where that tells none."),
    ),
    from_bot: v.pipe(v.boolean(), v.description("Whether the bot had said it itself.")),
    text: v.pipe(v.string(), v.description("What it said; at most 500 characters of it.")),
  }),
  v.title("QuotedMessage"),
  v.description("The message that a user replied to."),
);

const BackendContext = v.pipe(
  v.object({
    channel: v.pipe(v.string(), v.description("The type of the channel, as `user.platform`.")),
    channel_id: v.pipe(
      v.nullable(id("ch")),
      v.description("The channel that it was said in; null in a test."),
    ),
    chat_id: v.pipe(
      v.nullable(v.string()),
      v.description("The chat that it was said in, as the platform names it; null in a test."),
    ),
    message_id: v.pipe(
      v.string(),
      v.description(
        "The message's id where it came from: the platform's, or the client's; ours where neither gave one, and in a test.",
      ),
    ),
    thread_id: v.pipe(
      v.nullable(v.string()),
      v.description("The topic or thread that it was said in, where there is one."),
    ),
    choice: v.pipe(
      v.optional(MessageChoice),
      v.description("Only where the user chose a button or an entry of a list."),
    ),
    reply_to: v.pipe(
      v.optional(QuotedMessage),
      v.description("Only where the user replied to a message on the platform."),
    ),
  }),
  v.title("BackendContext"),
  v.description("Where the message that is to be answered came from."),
);

/** What a backend of the type `webhook` is asked, as the reference shows it. */
export const BackendRequest = v.pipe(
  v.object({
    messages: v.pipe(
      v.array(BackendMessage),
      v.description(
        "The last messages of the conversation, oldest first, as many as the bot's `context_window`; the last of the user is to be answered.",
      ),
    ),
    conversation_id: v.pipe(
      v.nullable(id("conv")),
      v.description("The conversation that it belongs to; null in a test."),
    ),
    user: BackendUser,
    bot: BackendBot,
    metadata: BackendContext,
  }),
  v.title("BackendRequest"),
  v.description("What a backend is asked: the conversation so far, and who it is with."),
);

/** What a backend answers. More fields than these are passed over. */
export const BackendReply = v.pipe(
  v.object({
    content: v.pipe(
      v.string(),
      v.nonEmpty(),
      v.description("The reply, as Markdown; at most 32 KiB of UTF-8."),
    ),
    attachments: v.pipe(
      omittable(v.pipe(v.array(Attachment), v.maxLength(20))),
      v.description("Files that go to the user with the reply; at most 20."),
    ),
    metadata: v.pipe(
      omittable(freeRecord),
      v.description("Yours, kept with the reply and shown with it; at most 16 KiB as JSON."),
    ),
  }),
  v.title("BackendReply"),
  v.description("What a backend answers."),
);
