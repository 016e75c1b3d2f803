import { asChannel } from "../channels/channel-store.ts";
import { disconnectChannel } from "../channels/disconnect-channel.ts";
import type { StoredHook } from "../channels/hook.ts";
import { noteRefused } from "../channels/note-activity.ts";
import type { Failure } from "../platforms/failure.ts";
import type { DeliveryFailed } from "../platforms/inbound-event.ts";
import type { Queues } from "../queue/queues.ts";
import { type Clock, isoTime } from "../runtime/clock.ts";
import { all, equals, exists, missing } from "../table/condition.ts";
import { keys } from "../table/keys.ts";
import { overChanges } from "../table/over-changes.ts";
import type { Table } from "../table/table.ts";
import { asMessage } from "./conversation-store.ts";
import { readDeliveryTag } from "./delivery-tag.ts";
import type { FailedLater, StoredMessage } from "./message.ts";

/**
 * Has a reply be failed for good of which its platform tells that a part did not arrive after all, also when it tells so
 * before our own record of the call. What is no part of a reply of ours changes nothing, and neither does a repeat.
 */
export async function failDelivery(
  deps: FailDeliveryDeps,
  hook: StoredHook,
  { tag, message_id, failure }: DeliveryFailed,
): Promise<void> {
  const { table, clock } = deps;
  const sent = tag === null ? undefined : readDeliveryTag(tag);
  // Other programs may send with the same account.
  if (!sent) return;
  const key = keys.message(hook.team_id, sent.conversation_id, sent.number);
  await overChanges(["message", sent.message_id], async () => {
    const row = await table.get(key);
    const reply = row && asMessage(row);
    // Erasing takes the address.
    if (reply?.id !== sent.message_id || !reply.address) return "done";
    const before = reply.failed_later;
    const recorded = recordedOf(reply, sent.part);
    // It was sent again by a worker after one that died: what counts is what was written down.
    if (before?.message_id === message_id || (recorded && recorded !== message_id)) return "done";
    const hasFailed = before && recordedOf(reply, before.error.part - 1) === before.message_id;
    // Of a part that is not written down yet the last to be told of stays: it may have been sent again since.
    if (!recorded && hasFailed) return "done";
    // First, so that a repeat finds the reply as it was if this is where it ends.
    await tellChannel(deps, hook, reply, failure);
    const { class: kind, code, message } = failure;
    const error = { class: kind, code, message, part: sent.part + 1 };
    const failed_later: FailedLater = { message_id, error };
    const { applied } = await table.update(
      key,
      { set: { failed_later, updated_at: isoTime(clock()) } },
      all(exists("address"), before ? equals("failed_later", before) : missing("failed_later")),
    );
    return applied ? "done" : undefined;
  });
}

const recordedOf = ({ parts_sent }: StoredMessage, part: number) => parts_sent?.[part]?.id;

interface FailDeliveryDeps {
  readonly table: Table;
  readonly queues: Queues;
  readonly clock: Clock;
}

/** What a failure says of the whole channel, as if the call itself had failed so. */
async function tellChannel(
  deps: FailDeliveryDeps,
  { team_id, bot_id, channel_id }: StoredHook,
  reply: StoredMessage,
  failure: Failure,
): Promise<void> {
  if (failure.class !== "configuration" && failure.class !== "disconnected") return;
  const channel = asChannel(await deps.table.get(keys.channel(team_id, bot_id, channel_id)));
  // Of what the channel is since the reply was made, as with other credentials, it says nothing.
  if (!channel || channel.updated_at > reply.created_at) return;
  if (failure.class === "configuration") {
    return noteRefused(deps, team_id, channel, failure, true);
  }
  await disconnectChannel(deps, team_id, channel, failure.message, deps.clock());
}
