import { describe, expect, it } from "@jest/globals";
import { operatorOf } from "#shared/audit/audit-entry";
import { createChannelStore } from "#shared/channels/channel-store";
import { createConversationStore } from "#shared/conversations/conversation-store";
import { sendMessage } from "#shared/conversations/send-message";
import { deleteConversation } from "#shared/erasure/delete-conversation";
import type { Id } from "#shared/runtime/ids";
import { createMint } from "#shared/runtime/mint";
import type { Table } from "#shared/table/table";
import { livePlaces } from "#shared/work/live-places";
import { allPages } from "#test/support/all-pages";
import { rowsWith } from "#test/support/stored-rows";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat, type WebChat } from "#test/support/web-chat";

const platform = usePlatform();

const lost = async () => {};
const silentQueues = { send: lost, sendBatch: async () => [], setVisibility: lost };
const depsWith = (table: Table) => ({
  table,
  queues: silentQueues,
  clock: platform.clock,
  places: livePlaces("waits", 1),
  channels: createChannelStore(table),
  conversations: createConversationStore(table),
});

/** Sends a message; when all is read and nothing written yet, something else happens. */
function sayLate(
  { team, channel_id }: WebChat,
  content: string,
  meanwhile: () => Promise<unknown>,
) {
  let isFirst = true;
  const table: Table = {
    ...platform.table,
    transactOnce: async (...args) => {
      if (isFirst) {
        isFirst = false;
        await meanwhile();
      }
      return platform.table.transactOnce(...args);
    },
  };
  const now = platform.clock();
  const message = { user: { id: "ada", name: null, username: null }, content };
  const input = { message, mint: createMint(now), waitUntil: now };
  return sendMessage(depsWith(table), team.id, channel_id, input);
}

/** Takes a conversation out of sight; its job gets no message, so nothing is erased yet. */
const hide = ({ team }: WebChat, id: Id<"conv">) =>
  deleteConversation(
    depsWith(platform.table),
    operatorOf(team.id),
    id,
    createMint(platform.clock()),
  );

const conversationsOf = ({ key, bot_id }: WebChat) =>
  allPages(platform, "listConversations", { as: key, params: { bot_id } });

describe("POST /v1/channels/{id}/messages while something is deleted", () => {
  // What a paused bot is told touches no work, which would be gone as well.
  it.each(["active", "paused"])(
    "begins another conversation when its own is deleted between reading and writing, of a bot that is %s",
    async (status) => {
      const chat = await openWebChat(platform, { bot: { status } });
      const id = await chat.talk("Before");
      const { message } = await sayLate(chat, "After", () => hide(chat, id));
      expect(message.conversation_id).not.toBe(id);
      expect(await conversationsOf(chat)).toMatchObject([
        { id: message.conversation_id, message_count: 1 },
      ]);
      platform.advance(60_000);
      await platform.sweep();
      await platform.settle();
      expect(await rowsWith("Before", chat.team.id)).toEqual([]);
      expect(await rowsWith("After", chat.team.id)).not.toEqual([]);
    },
  );

  it("keeps nothing of a first message whose channel is deleted between reading and writing", async () => {
    const chat = await openWebChat(platform);
    const { key, bot_id, channel_id: id } = chat;
    const sent = sayLate(chat, "Too late", async () => {
      await platform.call("deleteChannel", { as: key, params: { id } });
      await platform.settle();
    });
    await expect(sent).rejects.toMatchObject({ code: "not_found" });
    expect(await rowsWith("Too late", chat.team.id)).toEqual([]);
    const list = { as: key, params: { bot_id } };
    expect((await platform.call("listConversations", list)).body.meta.total).toBe(0);
  });
});
