import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { discordCall, others } from "#test/support/discord-call";
import { useDiscord } from "#test/support/discord-channel";
import { type DiscordChat, openDiscordChat } from "#test/support/discord-chat";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { itRefuses, unknownId } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";
import { ask, ids, interaction, ping, snowflake, token } from "../fixtures/discord/interactions.ts";

const platform = usePlatform();
const discord = useDiscord();
const backend = useFakeBackend();

const open = (bot: object = {}) =>
  openDiscordChat(platform, discord.fake, { bot: { ...bot }, backend_url: backend.url });

/** `/ask` as it is typed now. */
const now = (words: string, where?: Parameters<typeof ask>[2], number?: number) =>
  ask(words, undefined, where, { id: snowflake(platform.clock(), number) });
const thinking = { type: 5 };
const unavailable = {
  type: 4,
  data: { content: "This bot is not available at the moment.", flags: 64 },
};
const roles = async (chat: DiscordChat) =>
  (await chat.messages()).map(({ role }: { role: string }) => role);

describe("A call of Discord", () => {
  itRefuses("receiveDiscordInteraction", platform, async () => (await open()).request(now("Hi")));

  it("that asks whether the address is ours is answered, and refused when nobody signed it", async () => {
    const chat = await open();
    const { status, headers, body } = await chat.tell(ping);
    expect([status, headers["content-type"]]).toEqual([200, "application/json; charset=utf-8"]);
    expect(body).toEqual({ type: 1 });
    const { rawBody, params } = chat.request(ping);
    const forged = discordCall(JSON.stringify(ping), platform.clock(), others);
    for (const given of [{}, forged.headers]) {
      const call = { params, rawBody, headers: given };
      const refused = await platform.call("receiveDiscordInteraction", call);
      // As Discord tries it before it takes an address.
      expect([refused.status, refused.text.startsWith("{")]).toEqual([401, false]);
    }
  });

  it.each([
    ["a button", interaction(3, { data: { custom_id: "a" } }), { type: 6 }],
    ["a half-written command", interaction(4), { type: 8, data: { choices: [] } }],
    ["a form", interaction(5), { type: 4, data: { content: expect.any(String), flags: 64 } }],
  ])("that brings %s is answered at once, and nothing is kept", async (_, body, answer) => {
    const chat = await open();
    expect((await chat.tell(body)).body).toEqual(answer);
    expect(await chat.conversations()).toEqual([]);
  });

  it("is answered with 200 and nothing when it is no interaction", async () => {
    const chat = await open();
    for (const body of ["", "{", "[]", "null", "{}"]) {
      const { headers, body: rawBody } = discordCall(body, platform.clock());
      const { params } = chat.request({});
      const call = { params, headers, rawBody };
      const answer = await platform.call("receiveDiscordInteraction", call);
      expect([body, answer.status, answer.text]).toEqual([body, 200, ""]);
    }
  });

  it("is taken five minutes long, and refused from then on", async () => {
    const chat = await open();
    const call = chat.request(now("Hello"));
    platform.advance(300_000);
    expect((await platform.call("receiveDiscordInteraction", call)).status).toBe(200);
    platform.advance(1_000);
    expect((await platform.call("receiveDiscordInteraction", call)).status).toBe(401);
  });

  it("is answered with 404 where there is no channel, or none of Discord", async () => {
    const chat = await open();
    const web = await openWebChat(platform, { team: chat.team });
    const { headers, rawBody } = chat.request(now("Hello"));
    for (const channel_id of [unknownId("ch"), web.channel_id]) {
      const call = { params: { channel_id }, headers, rawBody };
      expect((await platform.call("receiveDiscordInteraction", call)).status).toBe(404);
    }
    const elsewhere = await platform.call("receiveTelegramUpdate", chat.request(now("Hello")));
    expect(elsewhere.status).toBe(404);
  });

  it("is proved without KMS", async () => {
    const chat = await open();
    platform.advance(13 * 3_600_000);
    platform.faults = ({ operation }) =>
      operation === "Decrypt" ? { kind: "connection_lost" } : undefined;
    expect((await chat.tell(ping)).status).toBe(200);
  });
});

describe("A command of Discord", () => {
  it("is told that the bot is thinking, and its answer takes the place of that", async () => {
    const chat = await open();
    const command = now("Hello");
    expect((await chat.tell(command)).body).toEqual(thinking);
    await platform.settle();
    expect(discord.fake.sent).toMatchObject([
      {
        name: "PATCH original",
        path: `/webhooks/${ids.application}/${token}/messages/@original`,
        fields: { content: "Hello" },
      },
    ]);
    expect(await chat.messages()).toMatchObject([
      { role: "user", content: "Hello", user: { id: ids.ada }, metadata: {} },
      { role: "assistant", content: "Hello", delivery: { status: "sent", error: null } },
    ]);
    expect(await chat.conversations()).toMatchObject([
      { platform: "discord", chat_id: ids.channel, thread_id: null, message_count: 2 },
    ]);
    expect(JSON.parse(backend.requests.at(-1)?.body ?? "{}").metadata).toEqual({
      channel: "discord",
      channel_id: chat.channel_id,
      chat_id: ids.channel,
      message_id: command.id,
      thread_id: null,
    });
    expect(discord.fake.mistakes).toEqual([]);
  });

  it("is kept and answered once however often it comes, and told the same each time", async () => {
    const chat = await open();
    const command = now("Hello");
    const told = [];
    for (let times = 0; times < 3; times += 1) {
      told.push((await chat.tell(command)).body);
      await platform.settle();
    }
    expect(told).toEqual([thinking, thinking, thinking]);
    expect(await roles(chat)).toEqual(["user", "assistant"]);
    expect(discord.fake.calls.map(({ name }) => name)).toEqual(["PATCH original"]);
  });

  it("shows nobody the token that answers it", async () => {
    const chat = await open();
    await chat.tell(now("Hello"));
    await platform.settle();
    const shown = JSON.stringify([await chat.messages(), await chat.conversations()]);
    expect(shown).not.toContain(token);
  });

  const never = { settings: { should_respond: { groups: "never" } } };
  it.each<[string, object, (chat: DiscordChat) => Promise<unknown>]>([
    [
      "the bot is paused",
      {},
      ({ key, bot_id: id }) =>
        platform.call("updateBot", { as: key, params: { id }, body: { status: "paused" } }),
    ],
    [
      "the channel is disabled",
      {},
      ({ key, channel_id: id }) =>
        platform.call("updateChannel", { as: key, params: { id }, body: { enabled: false } }),
    ],
    [
      "the channel is disconnected",
      {},
      ({ team, bot_id, channel_id }) =>
        platform.table.update(keys.channel(team.id, bot_id, channel_id), {
          set: { status: "disconnected" },
        }),
    ],
    ["the bot answers in no groups", never, async () => {}],
  ])("is kept, and told that no answer comes, when %s", async (_, bot, plan) => {
    const chat = await open(bot);
    await plan(chat);
    const command = now("Hello");
    expect((await chat.tell(command)).body).toEqual(unavailable);
    expect((await chat.tell(command)).body).toEqual(unavailable);
    await platform.settle();
    expect(await roles(chat)).toEqual(["user"]);
    expect(discord.fake.calls).toEqual([]);
  });

  it("is told the same when it comes again after the bot was paused", async () => {
    const chat = await open();
    const command = now("Hello");
    await chat.tell(command);
    const { key, bot_id: id } = chat;
    await platform.call("updateBot", { as: key, params: { id }, body: { status: "paused" } });
    expect((await chat.tell(command)).body).toEqual(thinking);
    expect((await chat.tell(now("Again", "server", 8))).body).toEqual(unavailable);
  });

  it("is told that no answer comes when its conversation was deleted, or its channel is", async () => {
    const chat = await open();
    const command = now("Hello");
    await chat.tell(command);
    await platform.settle();
    const [{ id }] = await chat.conversations();
    await platform.call("deleteConversation", { as: chat.key, params: { id } });
    expect((await chat.tell(command)).body).toEqual(unavailable);
    const { team, bot_id, channel_id } = chat;
    await platform.table.delete(keys.channel(team.id, bot_id, channel_id));
    expect((await chat.tell(now("Hello", "server", 8))).body).toEqual(unavailable);
  });

  it("is of the conversation of who asks there, or of the direct chat", async () => {
    const chat = await open();
    await chat.tell(now("One", "server", 1));
    await chat.tell(now("Two", "elsewhere", 2));
    await chat.tell(now("Three", "direct", 3));
    await chat.tell(now("Four", "direct", 4));
    await platform.settle();
    const seen = (await chat.conversations()).map(
      ({ chat_id, message_count }: { chat_id: string; message_count: number }) =>
        `${chat_id} ${message_count}`,
    );
    expect(seen.toSorted()).toEqual([`${ids.channel} 2`, `${ids.direct} 4`, `${ids.group} 2`]);
  });

  it("is answered in the channel when that takes a quarter of an hour", async () => {
    const chat = await open();
    discord.fake.refuse("PATCH original", { status: 429, retry_after: 900, message: "Limited" });
    await chat.tell(now("Hello"));
    await platform.settle();
    platform.advance(15 * 60_000);
    await platform.settle();
    expect(discord.fake.sent).toMatchObject([
      { name: "POST message", path: `/channels/${ids.channel}/messages` },
    ]);
  });

  it("is answered later where Discord does not know yet that it was taken, or is busy", async () => {
    const chat = await open();
    discord.fake.refuse("PATCH original", {
      status: 404,
      code: 10_015,
      message: "Unknown Webhook",
    });
    await chat.tell(now("Hello"));
    await platform.settle();
    expect(discord.fake.sent).toEqual([]);
    discord.fake.refuse("PATCH original", { status: 429, retry_after: 3.5, message: "Limited" });
    platform.advance(2_000);
    await platform.settle();
    platform.advance(3_000);
    await platform.settle();
    expect(discord.fake.sent).toEqual([]);
    platform.advance(1_000);
    await platform.settle();
    expect(discord.fake.sent).toMatchObject([{ name: "PATCH original" }]);
    expect(await chat.messages()).toMatchObject([{}, { delivery: { status: "sent" } }]);
  });

  it("goes on in the channel when it takes no more messages, each written down", async () => {
    const chat = await open();
    backend.answer(answers.json({ content: "word ".repeat(1_000) }));
    discord.fake.refuse("POST follow-up", { status: 400, code: 40_094, message: "Maximum" });
    await chat.tell(now("Hello"));
    await platform.settle();
    expect(discord.fake.calls.map(({ name }) => name)).toEqual([
      "PATCH original",
      "POST follow-up",
      "POST message",
      "POST message",
    ]);
    expect(discord.fake.mistakes).toEqual([]);
  });
});
