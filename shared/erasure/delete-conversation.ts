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
  teamId: Id<"team">,
  conversationId: Id<"conv">,
  mint: Mint,
): Promise<void> {
  const found = await deps.conversations.find(teamId, conversationId);
  if (!found) throw notFound();
  const { bot_id } = found.conversation;
  const erasure = { erase: "conversation", bot_id, conversation_id: conversationId } as const;
  const { row, ref } = erasureJob(teamId, erasure, mint);
  const withIt = { job: { putIfAbsent: row } };
  const outcome = await deps.conversations.markDeleted(teamId, found.conversation, withIt);
  if (outcome === "unknown") throw notFound();
  await wake(deps, ref, mint.now);
}

export interface DeleteConversationDeps {
  readonly queues: Queues;
  readonly clock: Clock;
  readonly conversations: ConversationStore;
}
