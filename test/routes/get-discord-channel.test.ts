import { describe, expect, it } from "@jest/globals";
import { aDiscordBot, credentials, useDiscord } from "#test/support/discord-channel";
import { answers } from "#test/support/fake-backend";
import { aWebhookEndpoint } from "#test/support/make";
import { usePlatform } from "#test/support/test-platform";
import { eventsOf } from "#test/support/webhook-endpoints";
import { ids } from "../fixtures/discord/interactions.ts";

const platform = usePlatform();
const discord = useDiscord();
const minute = 60_000;

async function aChannel() {
  const team = await platform.team();
  const bot = await aDiscordBot(platform, team);
  const { id } = (await bot.create()).body.data;
  return { ...bot, team, id, read: () => bot.read(id) };
}
const asked = () => discord.fake.calls.filter(({ name }) => name === "GET application").length;
const dead = () =>
  discord.fake.refuse("GET application", { status: 401, code: 0, message: "401: Unauthorized" });

describe("GET /v1/channels/{id} of a Discord channel", () => {
  it("asks Discord at most once a minute, whoever asks, and shows how to add the bot", async () => {
    const channel = await aChannel();
    const before = asked();
    const [{ setup }] = await Promise.all([channel.read(), channel.read(), channel.read()]);
    expect(setup.steps.join(" ")).toContain(`client_id=${ids.application}`);
    expect(asked()).toBe(before + 1);
    platform.advance(minute);
    await channel.read();
    expect(asked()).toBe(before + 2);
  });

  it("tells who has taken the address or the command, until the channel is connected again", async () => {
    const channel = await aChannel();
    discord.fake.application["interactions_endpoint_url"] = "https://new.example/hook";
    discord.fake.commands.length = 0;
    expect(await channel.read()).toMatchObject({
      status: "connected",
      status_reason: expect.stringContaining("https://new.example/hook"),
      health: {
        ok: false,
        problems: [{ code: "endpoint_elsewhere" }, { code: "command_missing" }],
      },
    });
    const { body } = await channel.call("updateChannel", channel.id, { credentials });
    expect(body.data).toMatchObject({
      status: "connected",
      status_reason: null,
      setup: { replaced_url: "https://new.example/hook" },
    });
    expect(discord.fake.commands.length).toBe(1);
  });

  it.each([
    ["answers with 502", answers.status(502)],
    ["sends a page", answers.html("<p>hello</p>")],
  ])("shows the channel while Discord %s, and goes on with it", async (_, answer) => {
    const channel = await aChannel();
    discord.fake.misbehave(answer);
    expect(await channel.read()).toMatchObject({
      status: "connected",
      status_reason: null,
      health: { ok: false, problems: [{ code: expect.any(String) }] },
    });
  });

  it("disconnects the channel when its token is dead, tells so once, and connects it when it is good", async () => {
    const channel = await aChannel();
    const url = "https://127.0.0.1:1/";
    await aWebhookEndpoint(platform, channel.team.key, { url, events: ["*"] });
    dead();
    expect(await channel.read()).toMatchObject({
      status: "disconnected",
      status_reason: expect.stringContaining("401: Unauthorized"),
    });
    dead();
    platform.advance(minute);
    expect((await channel.read()).status).toBe("disconnected");
    await platform.settle();
    expect(await eventsOf(channel.team)).toHaveLength(1);
    platform.advance(minute);
    expect((await channel.read()).status).toBe("pending");
    await platform.settle();
    expect((await channel.read()).status).toBe("connected");
  });
});
