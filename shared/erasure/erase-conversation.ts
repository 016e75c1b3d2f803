import { asMessage } from "../conversations/conversation-store.ts";
import { equals, exists } from "../table/condition.ts";
import { type Key, keys, prefixes } from "../table/keys.ts";
import type { Table } from "../table/table.ts";

/** Whether something was erased to its end, or time ran out before. */
export type Progress = "done" | "out_of_time";

/** How much time is left, and what asks. */
export interface Slice {
  /** True when the slice of time is used up. */
  readonly isOver: () => boolean;
}

/**
 * Erases a conversation: nothing can be added once its head says so; messages and the rows of its users next,
 * the head last, so that a repeat finds what is left.
 */
export async function eraseConversation(
  table: Table,
  teamId: string,
  botId: string,
  conversationId: string,
  slice: Slice,
  /** The row of a user that the caller deletes, when this is done. */
  kept?: Key,
): Promise<Progress> {
  const headKey = keys.conversation(teamId, conversationId);
  const marked = await table.update(headKey, { set: { erasing: true } }, exists("pk"));
  const head = marked.item;
  if (!head) return "done";
  const platform = String(head["platform"]);
  const keyKey = keys.conversationKey(
    teamId,
    String(head["channel_id"]),
    String(head["key_sha256"]),
  );
  await table.delete(keyKey, equals("conversation_id", conversationId));
  const { pk, prefix } = prefixes.messages(teamId, conversationId);
  for (;;) {
    if (slice.isOver()) return "out_of_time";
    const { items } = await table.query({ pk, where: { begins: prefix }, limit: 100 });
    if (items.length === 0) break;
    const users = new Set(items.flatMap((item) => asMessage(item).user?.id ?? []));
    const userRows = [...users].map((userId): Key =>
      keys.userConversation(teamId, botId, platform, userId, conversationId),
    );
    await table.deleteAll([...userRows.filter(({ pk: user }) => user !== kept?.pk), ...items]);
  }
  await table.deleteAll([keys.conversationWork(teamId, conversationId)]);
  await table.deleteAll([headKey]);
  return "done";
}
