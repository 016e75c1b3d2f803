import { describe, expect, it } from "@jest/globals";
import { type Id, newId } from "#shared/runtime/ids";
import { type Key, keys } from "#shared/table/keys";
import type { Item } from "#shared/table/table";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat, type WebChat } from "#test/support/web-chat";

const platform = usePlatform();

/** As many as users of a channel, or chats of a user, where a worker's memory has no room for all of them. */
const many = 250;
const numbers = Array.from({ length: many }, (_, at) => at);

const aliasOf = ({ team, channel_id }: WebChat, id: string) =>
  keys.alias(team.id, channel_id, "user", id);
const chatOf = ({ team, bot_id }: WebChat, id: Id<"conv">) =>
  keys.userConversation(team.id, bot_id, "web", "ada", id);

describe.each([
  {
    name: "ids of users that a channel knows",
    rowOf: (chat: WebChat, at: number): Item => ({
      ...aliasOf(chat, `user-${at}`),
      first_id: `user-${at}`,
    }),
    erase: ({ key, channel_id }: WebChat) =>
      platform.call("deleteChannel", { as: key, params: { id: channel_id } }),
  },
  {
    name: "conversations of a user",
    rowOf: (chat: WebChat): Item => {
      const conversation_id = newId("conv");
      return { ...chatOf(chat, conversation_id), conversation_id };
    },
    erase: ({ key, bot_id }: WebChat) =>
      platform.call("deleteBotUser", { as: key, params: { bot_id, user_id: "ada" } }),
  },
])("$name, when they are erased", ({ rowOf, erase }) => {
  const put = async (chat: WebChat) => {
    const rows = numbers.map((at) => rowOf(chat, at));
    for (const row of rows) await platform.table.putIfAbsent(row);
    return rows;
  };
  /** Sees the calls of the table on rows of this partition. */
  const watch = ({ pk }: Key, see: (operation: string, limit: unknown) => void) => {
    platform.faults = ({ operation, input }) => {
      if (JSON.stringify(input).includes(`"${pk}"`)) see(operation, input["Limit"]);
      return undefined;
    };
  };
  const left = async ({ pk }: Key) => (await platform.table.queryAll({ pk })).length;

  it("are read a hundred at a time, each after those before are gone", async () => {
    const chat = await openWebChat(platform);
    const [row] = await put(chat);
    const limits: unknown[] = [];
    let most = 0;
    let open = 0;
    watch(row!, (operation, limit) => {
      if (operation === "Query") {
        limits.push(limit);
        open++;
        most = Math.max(most, open);
      } else if (operation === "BatchWriteItem") open = 0;
    });
    await erase(chat);
    await platform.settle();
    platform.faults = undefined;
    expect(await left(row!)).toBe(0);
    expect(limits.length).toBeGreaterThan(2);
    expect(new Set(limits)).toEqual(new Set([100]));
    expect(most).toBe(1);
  });

  it("are left for later when the time of the slice is over, and all gone in the end", async () => {
    const chat = await openWebChat(platform);
    const [row] = await put(chat);
    let isOver = false;
    const after: string[] = [];
    watch(row!, (operation) => {
      if (isOver) after.push(operation);
      else if (operation === "Query") {
        isOver = true;
        platform.advance(601_000);
      }
    });
    await erase(chat);
    await platform.settle();
    expect(after).not.toContain("BatchWriteItem");
    platform.advance(60_000);
    await platform.sweep();
    await platform.settle();
    platform.faults = undefined;
    expect(after.filter((operation) => operation === "Query").length).toBeGreaterThan(2);
    expect(await left(row!)).toBe(0);
  });
});
