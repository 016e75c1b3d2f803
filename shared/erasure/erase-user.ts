import { Platform } from "../channels/channel.ts";
import { asConversation, createConversationStore } from "../conversations/conversation-store.ts";
import type { StoredMessage } from "../conversations/message.ts";
import { keys, prefixes } from "../table/keys.ts";
import type { Table } from "../table/table.ts";
import { hideConversation } from "./delete-conversation.ts";
import { eraseConversation, type Progress, type Slice } from "./erase-conversation.ts";
import type { Erasure } from "./job.ts";

const chunk = 100;

/**
 * Erases what one end user said before a time. A conversation in which only this user wrote goes as a whole; in a
 * shared one the user's messages keep their number and lose their content.
 */
export async function eraseUser(
  table: Table,
  teamId: string,
  { bot_id, platform, user_id, before }: Extract<Erasure, { erase: "user" }>,
  slice: Slice,
): Promise<Progress> {
  const platforms = platform === null ? Platform.options : [platform];
  for (const name of platforms) {
    const { pk, prefix } = prefixes.userConversations(teamId, bot_id, name, user_id);
    const rows = await table.queryAll({ pk, where: { begins: prefix } });
    for (const row of rows) {
      if (slice.isOver()) return "out_of_time";
      const conversationId = String(row["conversation_id"]);
      const progress = await eraseIn(table, teamId, bot_id, conversationId, user_id, before, slice);
      if (progress === "out_of_time") return progress;
      if (progress === "erased") await table.deleteAll([row]);
    }
  }
  return "done";
}

async function eraseIn(
  table: Table,
  teamId: string,
  botId: string,
  conversationId: string,
  userId: string,
  before: string,
  slice: Slice,
): Promise<"erased" | "partly" | "out_of_time"> {
  const head = asConversation(await table.get(keys.conversation(teamId, conversationId)));
  if (!head) return "erased";
  const conversations = createConversationStore(table);
  const theirs: StoredMessage[] = [];
  let others = false;
  let later = false;
  for (let from = 1; from <= head.message_count; from += chunk) {
    if (slice.isOver()) return "out_of_time";
    const to = Math.min(head.message_count, from + chunk - 1);
    for (const message of await conversations.range(teamId, conversationId, from, to)) {
      if (message.role !== "user" || message.metadata["erased"] === true) continue;
      if (message.user?.id !== userId) others = true;
      else if (message.created_at >= before) later = true;
      else theirs.push(message);
    }
  }
  if (!others && !later) {
    // A message that comes in between is younger than the request, and the head no longer has this count.
    if (!(await hideConversation(table, teamId, head, head.message_count))) return "partly";
    return (await eraseConversation(table, teamId, botId, conversationId, slice)) === "done"
      ? "erased"
      : "out_of_time";
  }
  for (const { number } of theirs) {
    if (slice.isOver()) return "out_of_time";
    await table.update(keys.message(teamId, conversationId, number), {
      set: { content: "", attachments: [], user: null, metadata: { erased: true } },
    });
  }
  return later ? "partly" : "erased";
}
