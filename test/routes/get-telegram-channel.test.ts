import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { answers } from "#test/support/fake-backend";
import { aWebhookEndpoint } from "#test/support/make";
import { aTelegramBot, botToken, useTelegram } from "#test/support/telegram-channel";
import { usePlatform } from "#test/support/test-platform";
import { eventsOf } from "#test/support/webhook-endpoints";

const platform = usePlatform();
const telegram = useTelegram();
const minute = 60_000;

async function aChannel() {
  const team = await platform.team();
  const bot = await aTelegramBot(platform, team);
  const { id, webhook_url } = (await bot.create()).body.data;
  return { ...bot, team, id, webhook_url, read: () => bot.read(id) };
}
const unauthorized = { error_code: 401, description: "Unauthorized" };
const asked = () => telegram.fake.calls.filter(({ name }) => name === "getMe").length;

describe("GET /v1/channels/{id} of a Telegram channel", () => {
  it("asks Telegram at most once a minute, whoever asks", async () => {
    const channel = await aChannel();
    const before = asked();
    const all = await Promise.all([channel.read(), channel.read(), channel.read()]);
    expect(asked()).toBe(before + 1);
    expect(all.map(({ status }) => status)).toEqual(["connected", "connected", "connected"]);
    platform.advance(minute - 1);
    await channel.read();
    expect(asked()).toBe(before + 1);
    platform.advance(1);
    expect(await channel.read()).toMatchObject({
      health: { checked_at: new Date(platform.clock()).toISOString(), ok: true, problems: [] },
    });
    expect(asked()).toBe(before + 2);
  });

  it("tells of a webhook that another program has set, until it is ours again", async () => {
    const channel = await aChannel();
    telegram.fake.webhook.url = "https://thief.example.com/";
    const seen = await channel.read();
    expect(seen).toMatchObject({
      status: "connected",
      status_reason: expect.stringContaining("https://thief.example.com/"),
      health: { ok: false, problems: [{ code: "webhook_elsewhere" }] },
    });
    telegram.fake.webhook.url = channel.webhook_url;
    platform.advance(minute);
    expect(await channel.read()).toMatchObject({ status_reason: null, health: { ok: true } });
  });

  it("says what to do by hand where the bot answers everything in groups", async () => {
    const channel = await aChannel();
    await platform.call("updateBot", {
      as: channel.key,
      params: { id: channel.bot_id },
      body: { settings: { should_respond: { groups: "always" } } },
    });
    expect(await channel.read()).toMatchObject({
      setup: { steps: [expect.stringContaining("/setprivacy")] },
      health: { ok: false, problems: [{ code: "privacy_mode" }] },
    });
  });

  it.each([
    ["answers with 502", answers.status(502)],
    ["sends a page", answers.html("<p>hello</p>")],
  ])("shows the channel while Telegram %s, and goes on with it", async (_, answer) => {
    const channel = await aChannel();
    telegram.fake.misbehave(answer);
    expect(await channel.read()).toMatchObject({
      status: "connected",
      status_reason: null,
      health: { ok: false, problems: [{ code: expect.any(String) }] },
    });
    platform.advance(minute);
    expect(await channel.read()).toMatchObject({ health: { ok: true } });
  });

  it("shows the channel in five seconds when Telegram never answers", async () => {
    const channel = await aChannel();
    let hanging = () => {};
    const begun = new Promise<void>((resolve) => (hanging = resolve));
    telegram.fake.misbehave(async () => hanging());
    const reading = channel.read();
    await begun;
    platform.advance(5_000);
    expect((await reading).health).toMatchObject({ ok: false, problems: [{ code: "timeout" }] });
  });

  it("shows the channel with what was known when the table does not take the news", async () => {
    const channel = await aChannel();
    platform.faults = ({ operation, input }) =>
      operation === "UpdateItem" && JSON.stringify(input).includes(channel.id)
        ? { kind: "connection_lost" }
        : undefined;
    expect(await channel.read()).toMatchObject({ status: "connected", health: { ok: true } });
  });

  it("disconnects the channel when its token is dead, and tells so once", async () => {
    const channel = await aChannel();
    await aWebhookEndpoint(platform, channel.team.key, {
      url: "https://127.0.0.1:1/",
      events: ["*"],
    });
    telegram.fake.refuse("getMe", unauthorized);
    const seen = await channel.read();
    expect(seen).toMatchObject({
      status: "disconnected",
      status_reason: "Telegram: Unauthorized",
      health: { ok: false },
    });
    telegram.fake.refuse("getMe", unauthorized);
    platform.advance(minute);
    expect((await channel.read()).status).toBe("disconnected");
    await platform.settle();
    expect(await eventsOf(channel.team)).toHaveLength(1);
  });

  it("has a disconnected channel connected again when the token is good", async () => {
    const channel = await aChannel();
    telegram.fake.refuse("getMe", unauthorized);
    await channel.read();
    telegram.fake.webhook.url = "";
    platform.advance(minute);
    expect((await channel.read()).status).toBe("pending");
    await platform.settle();
    expect(telegram.fake.webhook.url).toBe(channel.webhook_url);
    expect((await channel.read()).status).toBe("connected");
    expect(await platform.table.get(keys.connection(channel.team_id, channel.id))).toBeUndefined();
  });

  it("connects it again with new credentials too", async () => {
    const channel = await aChannel();
    telegram.fake.refuse("getMe", unauthorized);
    await channel.read();
    const { body } = await channel.call("updateChannel", channel.id, {
      credentials: { bot_token: botToken },
    });
    expect(body.data).toMatchObject({ status: "connected", status_reason: null });
  });

  it("asks nothing for another team, which finds no such channel", async () => {
    const [channel, other] = [await aChannel(), await aTelegramBot(platform)];
    const before = asked();
    expect((await other.call("getChannel", channel.id)).status).toBe(404);
    expect((await other.call("updateChannel", channel.id, { name: "X" })).status).toBe(404);
    expect(asked()).toBe(before);
  });

  it("stands in its bot's list without being asked for", async () => {
    const channel = await aChannel();
    const before = asked();
    const list = await platform.call("listChannels", {
      as: channel.key,
      params: { bot_id: channel.bot_id },
      query: { type: "telegram", status: "connected" },
    });
    expect(list.body.data).toHaveLength(1);
    expect(Object.keys(list.body.data[0])).not.toContain("health");
    expect(asked()).toBe(before);
  });
});
