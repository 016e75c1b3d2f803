import type { StoredBot } from "../bots/bot.ts";
import type { StoredChannel } from "../channels/channel.ts";
import type { StoredIntegration } from "../integrations/integration.ts";
import type { Lease } from "../work/lease.ts";
import type { StoredConversation } from "./conversation.ts";
import type { ConversationWork } from "./conversation-work.ts";
import type { StoredMessage } from "./message.ts";

/** One message that is to be answered, with all that its answer depends on. */
export interface Turn {
  readonly lease: Lease<"conversation">;
  readonly work: ConversationWork;
  readonly bot: StoredBot;
  readonly channel: StoredChannel;
  readonly conversation: StoredConversation;
  readonly question: StoredMessage;
  /** What was read around the question: nearly always enough for a history, unless the bot counts as slow. */
  readonly rows: readonly StoredMessage[];
  /** Those of the bot; still being read, since not every turn needs them. */
  readonly integrations: Promise<readonly StoredIntegration[]>;
}
