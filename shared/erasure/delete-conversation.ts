import type { StoredConversation } from "../conversations/conversation.ts";
import type { ConversationStore } from "../conversations/conversation-store.ts";
import { notFound } from "../errors/api-error.ts";
import type { Queues } from "../queue/queues.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Mint } from "../runtime/mint.ts";
import { all, equals, missing } from "../table/condition.ts";
import { dueShard, keys } from "../table/keys.ts";
import type { Table } from "../table/table.ts";
import { wake } from "../work/wake.ts";
import { erasureJob, jobRef } from "./job.ts";

export interface DeleteConversationDeps {
  readonly table: Table;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly conversations: ConversationStore;
}

/** The parts that take a conversation out of sight: head, list, count and work. Its users' rows stay. */
function hiding(teamId: string, head: StoredConversation, seenCount?: number) {
  const { id, bot_id, channel_id } = head;
  const alive = missing("erasing");
  return {
    head: {
      update: keys.conversation(teamId, id),
      change: { set: { erasing: true }, remove: ["list_pk", "list_sk"] },
      condition: seenCount === undefined ? alive : all(alive, equals("message_count", seenCount)),
    },
    count: {
      update: keys.conversationCount(teamId, bot_id, channel_id, dueShard(id)),
      change: { add: { n: -1 } },
    },
    work: { delete: keys.conversationWork(teamId, id) },
  };
}

/** Takes a conversation out of sight if it still has so many messages; false when it has more or is gone. */
export async function hideConversation(
  table: Table,
  teamId: string,
  head: StoredConversation,
  seenCount: number,
): Promise<boolean> {
  return (await table.transact(hiding(teamId, head, seenCount))).applied;
}

/** Hides a conversation at once and erases it by a job. A new message of its chat begins another. */
export async function deleteConversation(
  deps: DeleteConversationDeps,
  teamId: string,
  conversationId: string,
  mint: Mint,
): Promise<void> {
  const found = await deps.conversations.find(teamId, conversationId);
  if (!found) throw notFound();
  const { conversation } = found;
  const { bot_id, platform, user } = conversation;
  const jobId = mint.id("job");
  const erasure = {
    erase: "conversation",
    bot_id,
    conversation_id: conversationId,
  } as const;
  const outcome = await deps.table.transact({
    ...hiding(teamId, conversation),
    user: { delete: keys.userConversation(teamId, bot_id, platform, user.id, conversationId) },
    job: { put: erasureJob(teamId, jobId, erasure, mint.now) },
  });
  if (!outcome.applied) throw notFound();
  await deps.table.delete(
    keys.conversationKey(teamId, conversation.channel_id, conversation.key_sha256),
    equals("conversation_id", conversationId),
  );
  await wake(deps, jobRef(teamId, jobId), mint.now);
}
