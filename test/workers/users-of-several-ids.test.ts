import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Alias } from "#shared/conversations/aliases";
import { keys } from "#shared/table/keys";
import { allRows } from "#test/support/all-rows";
import { useFakeBackend } from "#test/support/fake-backend";
import { inboundMessage, receive } from "#test/support/inbound-events";
import { withLog } from "#test/support/log-lines";
import { readable } from "#test/support/stored-rows";
import { usePlatform } from "#test/support/test-platform";
import { useWhatsApp } from "#test/support/whatsapp-channel";
import { openWhatsAppChat, type WhatsAppChat } from "#test/support/whatsapp-chat";

const platform = usePlatform();
const whatsapp = useWhatsApp();
const backend = useFakeBackend();

const [phone, scoped] = ["4366012345", "AT.1491"];
let chat: WhatsAppChat;
beforeEach(async () => {
  chat = await open();
});
const open = (team?: WhatsAppChat["team"]) =>
  openWhatsAppChat(platform, whatsapp.fake, {
    ...(team && { team }),
    bot: { settings: { typing_indicator: false, should_respond: { groups: "always" } } },
    backend_url: backend.url,
  });
/** Somebody says something, with all ids that the message brings. */
const say = async (ids: readonly string[], more: Parameters<typeof inboundMessage>[0] = {}) => {
  const [id = "", ...also] = ids;
  await receive(platform, chat, [inboundMessage({ ...more, user: { id, also } })]);
  await platform.settle();
};
const same = (...user_ids: string[]) => receive(platform, chat, [{ kind: "same_user", user_ids }]);
interface Shown {
  readonly id: string;
  readonly user: { readonly id: string };
  readonly chat_id: string;
  readonly message_count: number;
}
const shown = (all: readonly Shown[]) =>
  all.map(({ user, chat_id, message_count }) => [user.id, chat_id, message_count]);
const conversations = async () => shown(await chat.conversations());
const listedBy = async (user_id: string): Promise<Shown[]> => {
  const request = { as: chat.key, params: { bot_id: chat.bot_id }, query: { user_id } };
  return (await platform.call("listConversations", request)).body.data;
};
const erase = async (user_id: string) => {
  platform.advance(1);
  const params = { bot_id: chat.bot_id, user_id };
  expect((await platform.call("deleteBotUser", { as: chat.key, params })).status).toBe(200);
  await platform.settle();
};
const aliases = () => allRows(`TEAM#${chat.team.id}#CHANNEL#${chat.channel_id}#ALIASES`);
const aliasOf = async (id: string) =>
  (await platform.table.get(keys.alias(chat.team.id, chat.channel_id, "user", id))) as
    Alias | undefined;

describe("A person who is known by two ids", () => {
  it.each([
    ["a message brings both", () => say([phone, scoped])],
    ["the platform says so", () => same(phone, scoped)],
    ["it says so the other way round", () => same(scoped, phone)],
    ["it says so twice at once", () => Promise.all([same(phone, scoped), same(scoped, phone)])],
  ])("is one user with one conversation once %s", async (_, tell) => {
    await say([phone]);
    await tell();
    await say([scoped]);
    await say([phone]);
    const [[user, chat_id, count] = [], ...others] = await conversations();
    expect([user, chat_id, others]).toEqual([phone, phone, []]);
    expect(count).toBeGreaterThanOrEqual(6);
    expect(JSON.parse(backend.requests.at(-1)!.body)).toMatchObject({
      user: { id: phone },
      metadata: { chat_id: phone },
    });
  });

  it("is named by the id that was seen first, whichever the platform puts first later", async () => {
    await say([scoped]);
    await say([phone, scoped]);
    await say([phone]);
    expect(await conversations()).toEqual([[scoped, scoped, 6]]);
  });

  it("is one from the first message on, also when two come at once", async () => {
    await Promise.all([say([phone, scoped]), say([scoped, phone])]);
    await say([phone]);
    await say([scoped]);
    expect(await conversations()).toHaveLength(1);
    expect(await aliases()).toHaveLength(2);
  });

  it("is one before the first message, when the platform says so earlier", async () => {
    await same(phone, scoped);
    await say([scoped]);
    await say([phone]);
    expect(await conversations()).toEqual([[phone, phone, 4]]);
  });

  it("goes on where the older id was, when both had a conversation, and both stay listed under both", async () => {
    await say([scoped]);
    platform.advance(1_000);
    await say([phone]);
    platform.advance(1_000);
    await same(phone, scoped);
    await say([phone]);
    expect(await conversations()).toEqual([
      [scoped, scoped, 4],
      [phone, phone, 2],
    ]);
    expect(shown(await listedBy(phone))).toEqual(await conversations());
    expect(shown(await listedBy(scoped))).toEqual(await conversations());
  });

  it("has one conversation in a group as well, which keeps the id of the group", async () => {
    const inGroup = { is_direct: false, chat_id: "a-group" };
    await say([phone], inGroup);
    await same(phone, scoped);
    await say([scoped], inGroup);
    expect(await conversations()).toEqual([[phone, "a-group", 4]]);
  });

  it("may get further ids, up to twenty, and is found by each", async () => {
    await say([phone]);
    for (let number = 0; number < 25; number++) await same(phone, `new-${number}`);
    expect((await aliasOf(phone))?.ids).toHaveLength(20);
    await say(["new-18"]);
    platform.advance(1);
    await say(["new-19"]);
    expect(await conversations()).toEqual([
      ["new-19", "new-19", 2],
      [phone, phone, 4],
    ]);
  });

  it("is another one in another channel, and nobody in another team", async () => {
    await say([phone, scoped]);
    const one = chat;
    chat = await open();
    await say([scoped]);
    expect(await conversations()).toEqual([[scoped, scoped, 2]]);
    expect((await aliases()).length).toBe(1);
    chat = one;
    expect(await conversations()).toEqual([[phone, phone, 2]]);
  });
});

describe("A list of conversations by user", () => {
  it("finds the same by each id", async () => {
    await say([phone]);
    await same(phone, scoped);
    for (const id of [phone, scoped]) {
      expect(shown(await listedBy(id))).toEqual([[phone, phone, 2]]);
    }
    expect(await listedBy("somebody-else")).toEqual([]);
  });

  it("shows a conversation once in which both ids wrote", async () => {
    const inGroup = { is_direct: false, chat_id: "a-group" };
    const body = { settings: { conversation: { mode: "thread" } } };
    await platform.call("updateBot", { as: chat.key, params: { id: chat.bot_id }, body });
    await say([phone], inGroup);
    await say([scoped], inGroup);
    await same(phone, scoped);
    expect(shown(await listedBy(phone))).toEqual([[phone, "a-group", 4]]);
  });
});

describe("The erasure of a user", () => {
  it.each([phone, scoped])("by the id %s erases all, and that they were one", async (id) => {
    await say([phone]);
    platform.advance(1_000);
    await say([scoped]);
    await same(phone, scoped);
    await say([scoped]);
    await say(["bystander"]);
    const kept = (await aliases()).filter((row) => readable(row).includes("bystander"));
    await erase(id);
    expect(await conversations()).toEqual([["bystander", "bystander", 2]]);
    expect(await aliases()).toEqual(kept);
    const rows = (await allRows(`TEAM#${chat.team.id}`)).map(readable);
    expect(rows.filter((row) => row.includes(phone) || row.includes(scoped))).toEqual([]);
  });

  it("takes all that the person wrote out of a conversation that others go on with", async () => {
    const inGroup = { is_direct: false, chat_id: "a-group" };
    const body = { settings: { conversation: { mode: "thread" } } };
    await platform.call("updateBot", { as: chat.key, params: { id: chat.bot_id }, body });
    await say([phone], inGroup);
    await say([scoped], inGroup);
    await say(["bystander"], inGroup);
    await same(phone, scoped);
    await erase(scoped);
    const said = (await chat.messages()).filter(({ role }: { role: string }) => role === "user");
    expect(said.map(({ user }: { user: { id: string } | null }) => user?.id)).toEqual([
      undefined,
      undefined,
      "bystander",
    ]);
  });

  it("that dies at any call is followed by one that erases the rest", async () => {
    for (let call = 0; ; call++) {
      chat = await open();
      await say([phone, scoped]);
      let count = 0;
      const params = { bot_id: chat.bot_id, user_id: scoped };
      platform.advance(1);
      await platform.call("deleteBotUser", { as: chat.key, params });
      platform.faults = () => (count++ < call ? undefined : { kind: "connection_lost" });
      await withLog(() => platform.settle());
      platform.faults = undefined;
      for (let round = 0; round < 3; round++) {
        platform.advance(61_000);
        await platform.sweep();
        await platform.settle();
      }
      expect([call, await aliases(), await conversations()]).toEqual([call, [], []]);
      if (count <= call) break;
    }
  });
});

describe("A message of somebody who may have several ids", () => {
  it("costs a call and a read for each id that it brings, and the first one what joins them", async () => {
    /** The calls of the hook to the table. */
    const calls = async (ids: readonly string[]) => {
      const made: string[] = [];
      platform.faults = ({ operation }) => void made.push(operation);
      const [id = "", ...also] = ids;
      await receive(platform, chat, [inboundMessage({ user: { id, also } })]);
      platform.faults = undefined;
      await platform.settle();
      // The hook itself is read first.
      return made.slice(1);
    };
    const usual = ["BatchGetItem", "Query", "GetItem", "TransactWriteItems", "SendMessage"];
    const first = usual.filter((one) => one !== "GetItem");
    expect(await calls([phone, scoped])).toEqual(["BatchGetItem", "TransactWriteItems", ...first]);
    expect(await calls([phone, scoped])).toEqual(["BatchGetItem", ...usual]);
    expect(await calls([scoped])).toEqual(["BatchGetItem", ...usual]);
  });
});

describe("An erased channel", () => {
  it("leaves nothing of its users' ids", async () => {
    await say([phone, scoped]);
    await platform.call("deleteChannel", { as: chat.key, params: { id: chat.channel_id } });
    await platform.settle();
    expect(await aliases()).toEqual([]);
  });
});
