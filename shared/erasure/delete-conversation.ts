import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import type { ConversationStore } from "../conversations/conversation-store.ts";
import { notFound } from "../errors/api-error.ts";
import type { Queues } from "../queue/queues.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { wake } from "../work/wake.ts";
import { erasureJob } from "./job.ts";

/** Hides a conversation at once and erases it by a job. A new message of its chat begins another. */
export async function deleteConversation(
  deps: DeleteConversationDeps,
  by: Actor,
  conversationId: Id<"conv">,
  mint: Mint,
): Promise<void> {
  const teamId = by.team_id;
  const found = await deps.conversations.find(teamId, conversationId);
  if (!found) throw notFound();
  const { bot_id, channel_id, platform, message_count } = found.conversation;
  const erasure = { erase: "conversation", bot_id, conversation_id: conversationId } as const;
  const { row, ref } = erasureJob(teamId, erasure, mint);
  const audit = auditPart(by, mint, {
    action: "conversation.deleted",
    resource_id: conversationId,
    before: { bot_id, channel_id, platform, message_count },
    after: null,
  });
  const withIt = { job: { putIfAbsent: row }, ...audit };
  const outcome = await deps.conversations.markDeleted(teamId, found.conversation, withIt);
  if (outcome === "unknown") throw notFound();
  await wake(deps, ref, mint.now);
}

export interface DeleteConversationDeps {
  readonly queues: Queues;
  readonly clock: Clock;
  readonly conversations: ConversationStore;
}
