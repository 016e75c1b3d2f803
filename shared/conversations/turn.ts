import type { StoredBot } from "../bots/bot.ts";
import type { StoredChannel } from "../channels/channel.ts";
import type { StoredIntegration } from "../integrations/integration.ts";
import type { Lease } from "../work/lease.ts";
import type { StoredConversation } from "./conversation.ts";
import type { ConversationWork, TemporaryMessage } from "./conversation-work.ts";
import type { StoredMessage, User } from "./message.ts";

/** What one reply answers, with all that this depends on: one message, or several of one user. */
export interface Turn {
  readonly lease: Lease<"conversation">;
  readonly work: ConversationWork;
  readonly bot: StoredBot;
  readonly channel: StoredChannel;
  readonly conversation: StoredConversation;
  /** The message that is replied to: the last of the turn. Where the reply is stored already, the first. */
  readonly question: StoredMessage;
  /** What the user said before it in the same turn. */
  readonly earlier: readonly StoredMessage[];
  /** Until when a further message joins the turn; unix milliseconds, 0 when none does any more. */
  readonly open_until: number;
  /** When its messages were read, at the earliest: what came later may be missing. Unix milliseconds. */
  readonly read_at: number;
  /** What was read around the question: nearly always enough for a history, unless the bot counts as slow. */
  readonly rows: readonly StoredMessage[];
  /** Who is answered, as the platform calls them, where their messages bring an id only. */
  readonly user?: User | undefined;
  /** What is to be taken back when the handling ends: more may come while the reply is made. */
  readonly temporary: {
    list: readonly TemporaryMessage[];
    /** Resolves when what is being posted has been written down, for which the lease is needed; never rejects. */
    settled: Promise<void>;
    /** Whether an answer may have taken the place of the sign that the platform shows of the question. */
    isAnswered: boolean;
  };
  /** Those of the bot; still being read, since not every turn needs them. */
  readonly integrations: Promise<readonly StoredIntegration[]>;
}
