import { createEventStore } from "../deliveries/event-store.ts";
import type { Id } from "../runtime/ids.ts";
import type { Table } from "../table/table.ts";
import type { Conversation } from "./conversation.ts";
import { nobody, type StoredMessage, type User } from "./message.ts";
import { messageFeedbackIds } from "./message-feedback.ts";
import { messageReceivedId } from "./message-received.ts";

const receivedOf = (messages: readonly StoredMessage[]) =>
  messages.filter(({ role }) => role === "user").map(messageReceivedId);

/** Erases what webhook endpoints were told, or are still to be told, of these messages. */
export const eraseTold = (
  table: Table,
  teamId: Id<"team">,
  messages: readonly StoredMessage[],
): Promise<void> =>
  createEventStore(table).erase(teamId, [
    ...receivedOf(messages),
    ...messages.flatMap(messageFeedbackIds),
  ]);

/** Takes a user who began the conversation out of what endpoints are told of messages of others in it. */
export const eraseBeginner = (
  table: Table,
  teamId: Id<"team">,
  messages: readonly StoredMessage[],
  userId: User["id"],
): Promise<void> =>
  createEventStore(table).rewrite(teamId, receivedOf(messages), (body) => {
    // Rendered by this folder alone.
    const event = JSON.parse(body) as { readonly data: { conversation: Conversation } };
    const { conversation } = event.data;
    if (conversation.user.id !== userId) return undefined;
    event.data.conversation = { ...conversation, user: nobody };
    return JSON.stringify(event);
  });
