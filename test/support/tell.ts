import { shownConversation, type StoredConversation } from "#shared/conversations/conversation";
import type { StoredMessage } from "#shared/conversations/message";
import { messageReceivedId } from "#shared/conversations/message-received";
import { type Id, newId } from "#shared/runtime/ids";
import { keys } from "#shared/table/keys";
import type { Item } from "#shared/table/table";
import { reportParts } from "#shared/webhooks/report-event";
import type { StoredWebhook } from "#shared/webhooks/webhook";
import { allRows } from "./all-rows.ts";
import type { TestPlatform } from "./test-platform.ts";

/**
 * Tells an endpoint that is there no more of all that users said to a team and nobody was told yet: the rows that stay of
 * it for 30 days. The receiver answered with what it was sent. Gives the ids of all these events, in the order of the
 * messages in a conversation.
 */
export async function tellOfAll(platform: TestPlatform, teamId: Id<"team">): Promise<Id<"evt">[]> {
  const rows = await allRows(`TEAM#${teamId}#CONVERSATION#`);
  const webhook = {
    id: newId("wh", platform.clock()),
    url: "http://127.0.0.1:1/",
  } as StoredWebhook;
  const said = rows.filter(({ role }) => role === "user") as (Item & StoredMessage)[];
  const ids: Id<"evt">[] = [];
  for (const message of said.toSorted((one, other) => one.sk.localeCompare(other.sk))) {
    const id = messageReceivedId(message);
    ids.push(id);
    if (await platform.table.get(keys.event(teamId, id))) continue;
    const head = rows.find(({ pk, sk }) => pk === message.pk && sk === "STATE");
    const conversation = shownConversation(head as Item & StoredConversation);
    const { bot_id, channel_id } = conversation;
    const report = {
      id,
      type: "message.received",
      at: Date.parse(message.created_at),
      data: { message, conversation, bot_id, channel_id },
    } as const;
    const { parts, delivery_ids } = reportParts(teamId, [webhook], report);
    const { applied } = await platform.table.transact(parts);
    if (!applied) throw new Error("An endpoint was not told.");
    for (const id of delivery_ids) await answerAll(platform, teamId, id, JSON.stringify(message));
  }
  return ids;
}

/** Has a delivery done, by a receiver that gave this answer. */
async function answerAll(
  { table }: TestPlatform,
  teamId: Id<"team">,
  id: Id<"dlv">,
  response: string,
) {
  const at = new Date(0).toISOString();
  const attempt = { at, status_code: 200, duration_ms: 1, response, error: null };
  await table.update(keys.delivery(teamId, id), {
    set: { status: "succeeded", attempt_count: 1, attempts: [attempt] },
    remove: ["due_at", "due_shard", "not_before"],
  });
}
