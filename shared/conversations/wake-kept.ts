import type { Queues } from "../queue/queues.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { wakeDeliveries } from "../webhooks/report-event.ts";
import { wake } from "../work/wake.ts";
import type { KeptMessage } from "./keep-message.ts";

/** Wakes who answers a kept message, also when it came before and is still unanswered, and who tells of it. */
export async function wakeKept(
  deps: { readonly queues: Queues; readonly clock: Clock },
  teamId: Id<"team">,
  { message, delivery_ids, not_before = deps.clock() }: KeptMessage,
): Promise<void> {
  const { conversation_id, answer, reply_number } = message;
  const isUnanswered = answer && reply_number === undefined;
  await Promise.all([
    isUnanswered &&
      wake(deps, { kind: "conversation", team_id: teamId, conversation_id }, not_before),
    wakeDeliveries(deps, teamId, delivery_ids),
  ]);
}
