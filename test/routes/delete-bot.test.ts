import { describe, expect, it } from "@jest/globals";
import { operatorOf } from "#shared/audit/audit-entry";
import { createBotStore } from "#shared/bots/bot-store";
import { keepMessage, type Kept } from "#shared/conversations/keep-message";
import { deleteBot } from "#shared/erasure/delete-bot";
import type { Id } from "#shared/runtime/ids";
import { createMint } from "#shared/runtime/mint";
import type { Table } from "#shared/table/table";
import { aBot, created } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { rowsLeftOf, rowsWith } from "#test/support/stored-rows";
import { type TestPlatform, usePlatform } from "#test/support/test-platform";
import { openWebChat, type WebChat } from "#test/support/web-chat";

const platform = usePlatform();

const minute = 60_000;

const remove = (as: string, id: string) => platform.call("deleteBot", { as, params: { id } });

/** Lets the workers erase what was deleted: at once, and once more after ten minutes. */
async function erase() {
  await platform.settle();
  platform.advance(11 * minute);
  await platform.sweep();
  await platform.settle();
}

const sweptLater = async () => {
  platform.advance(2 * minute);
  await platform.sweep();
};

const lost = async () => {};

/** Deletes a bot while the queue accepts messages and loses them. */
const removeSilently = (teamId: Id<"team">, botId: Id<"bot">) =>
  deleteBot(
    {
      bots: createBotStore(platform.table),
      clock: platform.clock,
      queues: { send: lost, sendBatch: async () => [], setVisibility: lost },
    },
    operatorOf(teamId),
    botId,
    createMint(platform.clock()),
  );

/** A bot in use: an integration with a secret, two channels, three conversations of several users. */
async function aBusyBot() {
  const chat = await openWebChat(platform, {
    bot: { name: "Erasable", settings: { system_prompt: "Nobody shall know." } },
  });
  const { key, bot_id } = chat;
  const integration_id = await created(platform, "createIntegration", {
    as: key,
    params: { bot_id },
    body: {
      name: "Spare backend",
      url: "https://127.0.0.1:1/",
      headers: { "X-Token": "a-very-secret-token" },
      fallback: true,
      weight: 0,
    },
  });
  const second = await openWebChat(platform, { team: chat.team, bot_id });
  const conversations = [
    await chat.talk("Hello from Ada", { user: { id: "user-ada", name: "Ada Lovelace" } }),
    await chat.talk("Hello from Bob", { user: "user-bob", chat_id: "the-room" }),
    await second.talk("Hello on the other channel", { user: "user-ada" }),
  ];
  await chat.talk("Ada joins", { user: "user-ada", chat_id: "the-room" });
  return { chat, second, integration_id, conversations };
}

describe("DELETE /v1/bots/{id}", () => {
  itRefuses("deleteBot", platform, async (as) => ({
    as,
    params: { id: await aBot(platform, as) },
  }));

  it("says what it deleted, and answers 404 the second time", async () => {
    const { key } = await platform.team();
    const id = await aBot(platform, key);
    const { status, body } = await remove(key, id);
    expect([status, body]).toEqual([200, { data: { id, deleted: true } }]);
    expect((await remove(key, id)).status).toBe(404);
    await erase();
    expect((await remove(key, id)).status).toBe(404);
  });

  it("is done once when it is asked for many times at once", async () => {
    const { key } = await platform.team();
    const id = await aBot(platform, key);
    const answers = await Promise.all(Array.from({ length: 5 }, () => remove(key, id)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(4);
  });

  it("hides the bot and everything under it at once", async () => {
    const { chat, second, integration_id, conversations } = await aBusyBot();
    const { key, bot_id } = chat;
    await remove(key, bot_id);
    const params = { bot_id };
    const ofIntegration = { id: integration_id };
    const ofChannel = { id: chat.channel_id };
    const asked: [string, Parameters<TestPlatform["call"]>[1]][] = [
      ["getBot", { params: { id: bot_id } }],
      ["updateBot", { params: { id: bot_id }, body: {} }],
      ["listIntegrations", { params }],
      ["createIntegration", { params, body: { name: "New", url: "https://example.com" } }],
      ["getIntegration", { params: ofIntegration }],
      ["updateIntegration", { params: ofIntegration, body: {} }],
      ["testIntegration", { params: ofIntegration }],
      ["rotateIntegrationSecret", { params: ofIntegration }],
      ["deleteIntegration", { params: ofIntegration }],
      ["listChannels", { params }],
      ["createChannel", { params, body: { type: "web" } }],
      ["getChannel", { params: ofChannel }],
      ["updateChannel", { params: ofChannel, body: {} }],
      ["deleteChannel", { params: ofChannel }],
      ["sendMessage", { params: ofChannel, body: { user: { id: "user-ada" }, content: "Hello?" } }],
      ["listConversations", { params }],
      ["deleteBotUser", { params: { bot_id, user_id: "user-ada" } }],
      ...conversations.flatMap((id): typeof asked => [
        ["getConversation", { params: { id } }],
        ["listMessages", { params: { id } }],
        ["deleteConversation", { params: { id } }],
      ]),
    ];
    for (const [operation, request] of asked) {
      const { status } = await platform.call(operation, { as: key, ...request });
      expect([operation, status]).toEqual([operation, 404]);
    }
    expect((await second.say("Hello?")).status).toBe(404);
    expect((await platform.call("listBots", { as: key })).body.meta.total).toBe(0);
  });

  it("leaves nothing of it in the table", async () => {
    const { chat, second, integration_id, conversations } = await aBusyBot();
    expect((await rowsWith(chat.bot_id, chat.team.id)).length).toBeGreaterThan(10);
    await remove(chat.key, chat.bot_id);
    await erase();
    for (const text of [
      chat.bot_id,
      integration_id,
      "Erasable",
      "Nobody shall know.",
      "Spare backend",
      "••••oken",
    ]) {
      expect([text, await rowsLeftOf(text, chat.team.id)]).toEqual([text, []]);
    }
    for (const text of [
      "Hello from",
      "Hello on the other channel",
      "Ada Lovelace",
      "user-ada",
      "user-bob",
      "the-room",
    ]) {
      expect([text, await rowsWith(text, chat.team.id)]).toEqual([text, []]);
    }
    // What stays a fortnight longer says nothing: that a message with some hash was kept.
    for (const id of [...conversations, chat.channel_id, second.channel_id]) {
      for (const { pk, sk } of await rowsLeftOf(id, chat.team.id)) {
        expect([pk.split("#")[4], sk]).toEqual(["RECEIPT", "RECEIPT"]);
      }
    }
  });

  it("leaves other bots of the team as they are", async () => {
    const { chat } = await aBusyBot();
    const other = await openWebChat(platform, { team: chat.team });
    const conversation = await other.talk("I stay", { user: "user-ada" });
    await remove(chat.key, chat.bot_id);
    await erase();
    const { body } = await platform.call("listMessages", {
      as: chat.key,
      params: { id: conversation },
    });
    expect(body.data).toMatchObject([{ content: "I stay" }, { content: "I stay" }]);
    expect((await platform.call("listBots", { as: chat.key })).body.meta.total).toBe(1);
  });

  it("leaves messages that wait for an answer without one, and erases them", async () => {
    const chat = await openWebChat(platform, {
      bot: { settings: { response_delay: { min_ms: 30_000, max_ms: 30_000 } } },
    });
    await chat.talk("Unanswered words");
    await remove(chat.key, chat.bot_id);
    await erase();
    expect(await rowsWith("Unanswered words", chat.team.id)).toEqual([]);
    expect(await rowsLeftOf(chat.bot_id, chat.team.id)).toEqual([]);
  });

  it.each(["user-old", "user-new"])("erases also what %s was saying meanwhile", async (user) => {
    const chat = await openWebChat(platform, { bot: { name: "Raced" } });
    const old = await chat.talk("First words", { user: "user-old" });
    expect(await keptAfterDelete(chat, user)).toBe("kept");
    expect(await rowsWith("Last words", chat.team.id)).not.toEqual([]);
    await sweptLater();
    await erase();
    for (const text of ["Last words", "First words", user]) {
      expect([text, await rowsWith(text, chat.team.id)]).toEqual([text, []]);
    }
    expect(await rowsLeftOf(chat.bot_id, chat.team.id)).toEqual([]);
    expect((await rowsWith(old, chat.team.id)).every(({ sk }) => sk === "RECEIPT")).toBe(true);
  });

  it("erases also what the lists did not show yet", async () => {
    const chat = await openWebChat(platform);
    await chat.talk("Words that lists do not know");
    platform.advance(1);
    platform.faults = ({ operation, input }) =>
      operation === "Query" && input["IndexName"] === "listed"
        ? { kind: "stale_index", milliseconds: 1_000 }
        : undefined;
    await remove(chat.key, chat.bot_id);
    await platform.settle();
    expect(await rowsWith("Words that lists do not know", chat.team.id)).not.toEqual([]);
    platform.faults = undefined;
    await erase();
    expect(await rowsWith("Words that lists do not know", chat.team.id)).toEqual([]);
    expect(await rowsLeftOf(chat.bot_id, chat.team.id)).toEqual([]);
  });

  it("erases within minutes when the queue loses the message", async () => {
    const { id: team, key } = await platform.team();
    const bot = await aBot(platform, key);
    await removeSilently(team, bot);
    await platform.settle();
    expect(await rowsLeftOf(bot)).not.toEqual([]);
    await sweptLater();
    await erase();
    expect(await rowsLeftOf(bot)).toEqual([]);
  });
});

/** Keeps a message whose request had read the bot before it was deleted, and writes after. */
async function keptAfterDelete(
  { team, bot_id, channel_id }: WebChat,
  userId: string,
): Promise<Kept["outcome"]> {
  const late: Table = {
    ...platform.table,
    transactOnce: async (...args) => {
      await removeSilently(team.id, bot_id);
      return platform.table.transactOnce(...args);
    },
  };
  const mint = createMint(platform.clock());
  const kept = await keepMessage(
    late,
    team.id,
    { bot_id, channel_id, type: "web" },
    {
      chat_id: userId,
      thread_id: null,
      user_id: userId,
      is_per_user: false,
      said_to: "bot",
      user: { id: userId, name: null, username: null },
      content: "Last words",
      message_id: mint.id("msg"),
      identity: userId,
    },
    mint,
  );
  return kept.outcome;
}
